"""The HTTP surface: submit with a callback, ask for a task, and the synchronous OpenAI form."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import Depends, FastAPI, File, Form, HTTPException, Query, Request, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse

from .callbacks import CallbackRefused, Caller, check_address
from .jobs import Jobs, QueueFull
from .recogniser import BadAudio, Options, Recogniser
from .settings import Settings
from .uploads import plain_name, save_upload
from .work import Work

HOUR = 3600
LANGUAGE = r"^[a-z]{2,3}$"
log = logging.getLogger("asr")


def create_app(settings: Settings, recogniser: Recogniser) -> FastAPI:
    jobs = Jobs(settings.data_dir, settings.queue_limit)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        again = jobs.recover()
        if again:
            log.info("%d jobs were under way at the last end and are done again", again)
        async with httpx2.AsyncClient(follow_redirects=False) as client:
            app.state.client = client
            app.state.work = Work(jobs, recogniser, settings.parallel)
            caller = Caller(jobs, settings, client)
            app.state.tasks = [
                asyncio.create_task(caller.run()),
                asyncio.create_task(_forget(jobs, settings.keep_hours)),
                *(asyncio.create_task(app.state.work.run(caller.nudged)) for _ in range(settings.parallel)),
            ]
            yield
            for task in app.state.tasks:
                task.cancel()
            await asyncio.gather(*app.state.tasks, return_exceptions=True)
        jobs.close()

    def authorised(request: Request) -> None:
        given = request.headers.get("authorization", "")
        if settings.api_key and not hmac.compare_digest(given.encode(), f"Bearer {settings.api_key}".encode()):
            raise HTTPException(403, "the API key is missing or wrong")

    app = FastAPI(title="Speech recognition", lifespan=lifespan)
    closed = [Depends(authorised)]

    @app.get("/health")
    async def health() -> JSONResponse:
        """200 once the model is loaded and every loop runs; 503 before, with the reason."""
        ended = [task.exception() for task in app.state.tasks if task.done() and not task.cancelled()]
        status = "failed" if ended else "ok" if recogniser.ready else "loading"
        told = {"status": status, "model": recogniser.model, "jobs": await asyncio.to_thread(jobs.counts)}
        if ended:
            told["reason"] = str(ended[0])
        return JSONResponse(told, 200 if status == "ok" else 503)

    @app.post("/speech-to-text", dependencies=closed)
    async def submit(
        file: UploadFile = File(),
        callback_url: str | None = Query(None, max_length=2048),
        language: str | None = Query(None, pattern=LANGUAGE),
        model: str | None = Query(None),
        temperature: float | None = Query(None, ge=0, le=1),
    ) -> dict:
        """Accepts a file. It is on disk, and its row committed, when this answers."""
        check_model(model)
        if callback_url is not None:
            try:
                await check_address(callback_url, settings, app.state.client)
            except CallbackRefused as refused:
                raise HTTPException(refused.status, str(refused)) from refused
        job_id = jobs.new_id()
        audio = jobs.audio_of(job_id)
        await save_upload(file, audio, settings.max_file_bytes)
        try:
            options = Options(language=language, temperature=temperature)
            await asyncio.to_thread(jobs.add, job_id, plain_name(file), options, callback_url)
        except QueueFull as full:
            audio.unlink(missing_ok=True)
            raise HTTPException(503, str(full), headers={"Retry-After": "10"}) from full
        app.state.work.nudged.set()
        return {"identifier": job_id, "message": "Task queued"}

    @app.get("/task/{identifier}", dependencies=closed)
    async def task(identifier: str) -> dict:
        found = await asyncio.to_thread(jobs.find, identifier)
        if found is None:
            raise HTTPException(404, "there is no such task")
        return found.to_json()

    @app.delete("/task/{identifier}/delete", dependencies=closed)
    async def delete(identifier: str) -> dict:
        if not await asyncio.to_thread(jobs.remove, identifier):
            raise HTTPException(404, "there is no such task")
        return {"identifier": identifier, "message": "Task deleted"}

    @app.get("/v1/models", dependencies=closed)
    async def models() -> dict:
        return {"object": "list", "data": [{"id": recogniser.model, "object": "model", "owned_by": "local"}]}

    @app.post("/v1/audio/transcriptions", dependencies=closed)
    async def transcriptions(
        file: UploadFile = File(),
        model: str = Form(),
        language: str | None = Form(None, pattern=LANGUAGE),
        prompt: str | None = Form(None, max_length=1000),
        temperature: float | None = Form(None, ge=0, le=1),
        response_format: str = Form("json", pattern="^(json|text|verbose_json)$"),
    ):
        check_model(model)
        audio = jobs.audio_of(f"now-{jobs.new_id()}")
        await save_upload(file, audio, settings.max_file_bytes)
        try:
            options = Options(language=language, prompt=prompt, temperature=temperature)
            transcript = await app.state.work.now(audio, options)
        except BadAudio as bad:
            raise HTTPException(415, str(bad)) from bad
        finally:
            audio.unlink(missing_ok=True)
        if response_format == "text":
            return PlainTextResponse(transcript.text + "\n")
        if response_format == "json":
            return {"text": transcript.text}
        return {"task": "transcribe", **transcript.to_json()}

    def check_model(asked: str | None) -> None:
        """One model is served; `whisper-1` is what clients of the OpenAI form say when they do not mind."""
        if asked not in (None, recogniser.model, "whisper-1"):
            raise HTTPException(404, f"Model '{asked}' is not installed locally; this service has '{recogniser.model}'")

    return app


async def _forget(jobs: Jobs, keep_hours: int) -> None:
    while True:
        await asyncio.to_thread(jobs.forget_older_than, keep_hours * HOUR)
        await asyncio.sleep(HOUR)
