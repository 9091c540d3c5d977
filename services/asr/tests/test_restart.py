"""Kills a real process: what was accepted is done by the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
from conftest import eventually


def test_a_killed_service_loses_no_accepted_job_and_no_callback(tmp_path, listener):
    first = Process(tmp_path, hold=True)
    ids = [first.submit(f"job {number}", listener.url) for number in range(3)]
    eventually(lambda: first.counts()["processing"] == 1)
    first.kill()
    assert listener.calls == []

    second = Process(tmp_path)
    try:
        eventually(lambda: second.counts()["completed"] == 3)
        listener.called(3)
        assert sorted(body["identifier"] for _, body in listener.calls) == sorted(ids)
        assert sorted(body["result"]["text"] for _, body in listener.calls) == ["job 0", "job 1", "job 2"]
        assert list((tmp_path / "audio").iterdir()) == []
    finally:
        second.kill()


def test_a_file_that_ends_the_process_each_time_is_given_up(tmp_path, listener):
    identifier = None
    for _ in range(3):
        process = Process(tmp_path, hold=True)
        identifier = identifier or process.submit("poison", listener.url)
        eventually(lambda: process.counts()["processing"] == 1)
        process.kill()
    last = Process(tmp_path)
    try:
        _, body = listener.called()
        assert body["identifier"] == identifier
        assert body["status"] == "failed"
        assert "ended several times" in body["error"]
    finally:
        last.kill()


class Process:
    def __init__(self, data: Path, hold: bool = False) -> None:
        here = Path(__file__).parent
        port_file = data / "port"
        port_file.unlink(missing_ok=True)
        env = {**os.environ, "ASR_DATA_DIR": str(data), "PORT_FILE": str(port_file), "HOLD": "1" if hold else ""}
        self._process = subprocess.Popen([sys.executable, here / "scripted_service.py"], env=env, cwd=here.parent)
        eventually(lambda: port_file.exists() and port_file.read_text() != "")
        self._http = httpx2.Client(base_url=f"http://127.0.0.1:{port_file.read_text()}")
        eventually(self._answers)

    def submit(self, said: str, callback: str) -> str:
        answer = self._http.post(
            "/speech-to-text", params={"callback_url": callback}, files={"file": ("a.ogg", said.encode())}
        )
        return answer.raise_for_status().json()["identifier"]

    def counts(self) -> dict:
        return self._http.get("/health").json()["jobs"]

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._http.close()

    def _answers(self) -> bool:
        try:
            return self._http.get("/health").status_code == 200
        except httpx2.TransportError:
            return False
