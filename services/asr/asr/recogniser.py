"""Speech to text. The rest of the service knows only the protocol, and tests put another recogniser there."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from .model import model_path
from .settings import Settings

SAMPLE_RATE = 16_000
# Silence would otherwise come back as phrases from subtitles.
VOICE_ACTIVITY_FILTER = True


class BadAudio(ValueError):
    """The file cannot be read as audio, or is longer than allowed. Trying again will not help."""


@dataclass(frozen=True)
class Segment:
    id: int
    start: float
    end: float
    text: str
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    temperature: float


@dataclass(frozen=True)
class Transcript:
    language: str
    language_probability: float
    duration: float
    text: str
    segments: list[Segment]

    def to_json(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class Options:
    language: str | None = None
    """ISO 639-1; None lets the model decide."""
    prompt: str | None = None
    temperature: float | None = None
    """None tries warmer ones by itself when a reading looks bad."""


class Recogniser(Protocol):
    @property
    def model(self) -> str: ...

    @property
    def ready(self) -> bool: ...

    def load(self) -> None: ...

    def transcribe(self, audio: Path, options: Options) -> Transcript: ...


class WhisperRecogniser:
    """faster-whisper. Loaded at the first use or by `load`, once, and safe to call from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = threading.Lock()
        self._whisper = None

    @property
    def model(self) -> str:
        return self._settings.model

    @property
    def ready(self) -> bool:
        return self._whisper is not None

    def load(self) -> None:
        with self._loading:
            if self._whisper is not None:
                return
            from faster_whisper import WhisperModel

            settings = self._settings
            self._whisper = WhisperModel(
                model_path(settings.model, settings.data_dir),
                device=settings.device,
                compute_type=settings.compute_type,
                cpu_threads=settings.threads,
                num_workers=settings.parallel,
                download_root=str(settings.data_dir / "models"),
            )

    def transcribe(self, audio: Path, options: Options) -> Transcript:
        self.load()
        found, info = self._whisper.transcribe(
            self._samples(audio),
            language=options.language,
            initial_prompt=options.prompt,
            vad_filter=VOICE_ACTIVITY_FILTER,
            **({} if options.temperature is None else {"temperature": options.temperature}),
        )
        segments = [
            Segment(
                id=index,
                start=round(float(part.start), 2),
                end=round(float(part.end), 2),
                text=part.text,
                avg_logprob=round(float(part.avg_logprob), 4),
                compression_ratio=round(float(part.compression_ratio), 4),
                no_speech_prob=round(float(part.no_speech_prob), 4),
                temperature=float(part.temperature or 0.0),
            )
            for index, part in enumerate(found)
        ]
        return Transcript(
            language=info.language,
            language_probability=round(float(info.language_probability), 4),
            duration=round(float(info.duration), 2),
            text="".join(part.text for part in segments).strip(),
            segments=segments,
        )

    def _samples(self, audio: Path):
        """Decoded here, in pieces: a small file can claim, or unpack to, hours of sound."""
        import av
        import numpy

        limit = self._settings.max_audio_seconds * SAMPLE_RATE
        pieces, length = [], 0
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        try:
            with av.open(str(audio), mode="r", metadata_errors="ignore") as container:
                if not container.streams.audio:
                    raise BadAudio("the file has no sound in it")
                for frame in container.decode(audio=0):
                    for piece in resampler.resample(frame):
                        samples = piece.to_ndarray().reshape(-1)
                        length += samples.size
                        if length > limit:
                            raise BadAudio(f"longer than {self._settings.max_audio_seconds} seconds")
                        pieces.append(samples)
        except av.error.FFmpegError as error:
            raise BadAudio(f"the file cannot be read as audio: {error.strerror}") from error
        if length == 0:
            raise BadAudio("the file has no sound in it")
        return numpy.concatenate(pieces).astype(numpy.float32) / 32768.0
