"""The workers: as many recognitions at once as settings allow, whoever asked for them."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from .jobs import Job, Jobs
from .recogniser import BadAudio, Options, Recogniser, Transcript
from .waiting import nudge

log = logging.getLogger("asr")


class Work:
    """Runs queued jobs and direct requests; both share one bound."""

    def __init__(self, jobs: Jobs, recogniser: Recogniser, parallel: int) -> None:
        self._jobs = jobs
        self._recogniser = recogniser
        self._places = asyncio.Semaphore(parallel)
        self.nudged = asyncio.Event()

    async def now(self, audio: Path, options: Options) -> Transcript:
        """Raises BadAudio."""
        async with self._places:
            return await asyncio.to_thread(self._recogniser.transcribe, audio, options)

    async def run(self, finished: asyncio.Event) -> None:
        """One of the loops over the queue. `finished` is set after each job. Without a model nothing is begun."""
        await asyncio.to_thread(self._recogniser.load)
        while True:
            job = await asyncio.to_thread(self._jobs.take)
            if job is not None:
                await self._do(job)
                finished.set()
                continue
            await nudge(self.nudged)

    async def _do(self, job: Job) -> None:
        try:
            transcript = await self.now(self._jobs.audio_of(job.id), job.options)
        except BadAudio as error:
            await asyncio.to_thread(self._jobs.finish, job.id, error=str(error))
        except Exception as error:
            log.exception("job %s failed", job.id)
            await asyncio.to_thread(self._jobs.finish, job.id, error=f"recognition failed: {type(error).__name__}")
        else:
            await asyncio.to_thread(self._jobs.finish, job.id, result=transcript.to_json())
