"""A service with a scripted recogniser, and a listener that is called back. Both over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from asr.app import create_app
from asr.recogniser import BadAudio, Options, Segment, Transcript
from asr.settings import Settings, read_settings

SPOKEN = Transcript("ru", 0.99, 1.5, "Здравствуйте.", [Segment(0, 0.0, 1.5, " Здравствуйте.", -0.2, 1.1, 0.01, 0.0)])


@dataclass
class ScriptedRecogniser:
    """Waits at the gate, then says what the bytes of the file ask for."""

    gate: threading.Event = field(default_factory=threading.Event)
    heard: list[tuple[bytes, Options]] = field(default_factory=list)
    model: str = "scripted"
    ready: bool = True
    broken: str | None = None

    def load(self) -> None:
        if self.broken:
            raise RuntimeError(self.broken)

    def transcribe(self, audio: Path, options: Options) -> Transcript:
        said = audio.read_bytes()
        self.heard.append((said, options))
        if not self.gate.wait(30):
            raise TimeoutError("the gate stayed closed")
        if said == b"noise":
            raise BadAudio("the file cannot be read as audio")
        if said == b"bug":
            raise KeyError("secret detail")
        return replace(SPOKEN, text=said.decode())


@dataclass
class Listener:
    """Where callbacks arrive. `answers` are the next statuses; then 204."""

    url: str
    calls: list[tuple[dict, dict]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    head_status: int = 204

    def called(self, times: int = 1) -> tuple[dict, dict]:
        eventually(lambda: len(self.calls) >= times)
        return self.calls[times - 1]


@pytest.fixture
def listener() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(told.head_status)
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.calls.append(({k.lower(): v for k, v in self.headers.items()}, {"raw": body, **json.loads(body)}))
            self.send_response(told.answers.pop(0) if told.answers else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Listener(f"http://127.0.0.1:{server.server_port}/callbacks/id.secret")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


@dataclass
class Service:
    http: TestClient
    recogniser: ScriptedRecogniser
    settings: Settings

    def submit(self, said: bytes, callback: str | None = None, **query: str):
        params = {**({"callback_url": callback} if callback else {}), **query}
        return self.http.post("/speech-to-text", params=params, files={"file": ("voice.ogg", said, "audio/ogg")})

    def ended(self, identifier: str) -> dict:
        eventually(lambda: self.task(identifier)["status"] in ("completed", "failed"))
        return self.task(identifier)

    def task(self, identifier: str) -> dict:
        return self.http.get(f"/task/{identifier}").json()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts the service on one data folder; a second start finds what the first one left."""
    open_clients: list[TestClient] = []

    def begin(recogniser: ScriptedRecogniser | None = None, **env: str) -> Service:
        settings = read_settings({"ASR_DATA_DIR": str(tmp_path / "data"), **env})
        recogniser = recogniser or ScriptedRecogniser()
        if not recogniser.heard:
            recogniser.gate.set()
        http = TestClient(create_app(settings, recogniser))
        http.__enter__()
        open_clients.append(http)
        return Service(http, recogniser, settings)

    yield begin
    for http in open_clients:
        http.__exit__(None, None, None)


@pytest.fixture
def service(start: Callable[..., Service]) -> Service:
    return start()


def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.01)
