from __future__ import annotations

import threading

from conftest import ScriptedRecogniser
from fastapi.testclient import TestClient

from asr.app import create_app
from asr.settings import read_settings


def test_the_service_ends_while_work_arrives(tmp_path):
    for number in range(30):
        settings = read_settings({"ASR_DATA_DIR": str(tmp_path / str(number)), "ASR_PARALLEL": "2"})
        recogniser = ScriptedRecogniser()
        recogniser.gate.set()
        ending = threading.Thread(target=submit_and_end, args=(create_app(settings, recogniser),), daemon=True)
        ending.start()
        ending.join(30)
        assert not ending.is_alive(), "a loop did not take its cancellation"


def submit_and_end(app) -> None:
    with TestClient(app) as http:
        for _ in range(3):
            assert http.post("/speech-to-text", files={"file": ("a.ogg", b"hello")}).status_code == 200
