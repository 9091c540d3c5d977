"""Files to read, and the service over them."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy
import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageDraw, ImageFont

from ocr.app import create_app
from ocr.reader import Line, Wishes
from ocr.settings import read_settings


@dataclass
class ScriptedReader:
    name: str = "scripted"
    seen: list[tuple[tuple[int, ...], Wishes]] = field(default_factory=list)
    broken: bool = False

    def read(self, pixels: numpy.ndarray, wishes: Wishes) -> list[Line]:
        if self.broken:
            raise RuntimeError("secret detail")
        self.seen.append((pixels.shape, wishes))
        return [Line(f"line of {len(self.seen)}", 0.9, [[1, 2], [9, 3], [9, 8], [1, 7]])]


@dataclass
class Service:
    http: TestClient
    reader: ScriptedReader

    def read(self, file: bytes, kind: int | None = 1, **more: object):
        body = {"file": base64.b64encode(file).decode(), "fileType": kind, "visualize": False, **more}
        return self.http.post("/ocr", json=body)


@pytest.fixture
def start() -> Callable[..., Service]:
    def begin(reader=None, **env: str) -> Service:
        reader = reader or ScriptedReader()
        return Service(TestClient(create_app(read_settings(env), reader), raise_server_exceptions=False), reader)

    return begin


@pytest.fixture
def service(start) -> Service:
    return start()


def picture(*lines: str, size: tuple[int, int] = (640, 240)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((30, 30 + 60 * number), line, fill="black", font=ImageFont.load_default(36))
    return image


def encoded(image: Image.Image, form: str = "PNG", **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **more)
    return out.getvalue()
