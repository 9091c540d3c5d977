"""The service in a process of its own, with a recogniser that repeats the file, or holds it for ever."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

import uvicorn
from conftest import ScriptedRecogniser

from asr.app import create_app
from asr.settings import read_settings

recogniser = ScriptedRecogniser()
if not os.environ.get("HOLD"):
    recogniser.gate.set()
listening = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(create_app(read_settings(os.environ), recogniser), log_level="warning"))
Path(os.environ["PORT_FILE"]).write_text(str(listening.getsockname()[1]))
server.run(sockets=[listening])
