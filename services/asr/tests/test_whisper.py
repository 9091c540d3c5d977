"""The real model on real sound."""

from __future__ import annotations

import os
import shutil
import subprocess
import wave
from pathlib import Path

import pytest

from asr.model import BUNDLED_SHA256, ModelError, bundled_model
from asr.recogniser import BadAudio, Options, WhisperRecogniser
from asr.settings import read_settings


@pytest.fixture(scope="module")
def whisper(tmp_path_factory) -> WhisperRecogniser:
    folder = tmp_path_factory.mktemp("data")
    return WhisperRecogniser(read_settings({"ASR_DATA_DIR": str(folder), "ASR_MAX_AUDIO_SECONDS": "60"}))


def test_silence_is_no_speech(whisper, tmp_path):
    said = whisper.transcribe(tone(tmp_path / "silence.wav", seconds=3), Options())
    assert (said.text, said.segments, said.duration) == ("", [], 3.0)


def test_what_is_no_sound_or_too_long_is_refused(whisper, tmp_path):
    (tmp_path / "text").write_text("no sound at all")
    with pytest.raises(BadAudio):
        whisper.transcribe(tmp_path / "text", Options())
    with pytest.raises(BadAudio, match="longer than 60 seconds"):
        whisper.transcribe(tone(tmp_path / "long.wav", seconds=61), Options())


@pytest.mark.skipif(
    shutil.which("espeak-ng") is None and not os.environ.get("CI"), reason="espeak-ng is not installed"
)
def test_spoken_english_is_understood(whisper, tmp_path):
    spoken = tmp_path / "spoken.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "140", "-w", spoken, "Please call me back tomorrow."], check=True)
    said = whisper.transcribe(spoken, Options(language="en"))
    assert "call me back tomorrow" in said.text.lower()
    assert said.segments[0].avg_logprob > -1


def test_a_model_is_put_together_once_and_whole(tmp_path):
    model = bundled_model(tmp_path)
    before = (model / "model.bin").stat().st_mtime_ns
    assert bundled_model(tmp_path) == model
    assert (model / "model.bin").stat().st_mtime_ns == before
    assert len(BUNDLED_SHA256) == 64
    assert [entry.name for entry in model.parent.iterdir()] == ["whisper-base"]


def test_another_model_than_the_tested_one_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr("asr.model.BUNDLED_SHA256", "0" * 64)
    with pytest.raises(ModelError, match="SHA-256"):
        bundled_model(tmp_path)


def tone(file: Path, seconds: int) -> Path:
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(bytes(2 * 16_000 * seconds))
    return file
