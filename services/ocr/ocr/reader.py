"""Pictures to lines of text. The rest of the service knows only the protocol, and tests put another reader there."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

import numpy

from .settings import Settings


@dataclass(frozen=True)
class Line:
    text: str
    score: float
    polygon: list[list[int]]
    """Four corners [x, y], clockwise from the upper left of the text."""

    @property
    def box(self) -> list[int]:
        across, down = zip(*self.polygon, strict=True)
        return [min(across), min(down), max(across), max(down)]


@dataclass(frozen=True)
class Wishes:
    textline_orientation: bool | None = None
    least_score: float | None = None
    box_threshold: float | None = None
    unclip_ratio: float | None = None


class Reader(Protocol):
    @property
    def name(self) -> str: ...

    def read(self, pixels: numpy.ndarray, wishes: Wishes) -> list[Line]: ...


class RapidReader:
    """PP-OCR through onnxruntime. One reading at a time: the library keeps its parameters between calls."""

    name = "rapidocr"

    def __init__(self, settings: Settings) -> None:
        from rapidocr import RapidOCR

        own = {}
        if settings.model_dir is not None:
            own = {
                "Det.model_path": str(settings.model_dir / "det.onnx"),
                "Rec.model_path": str(settings.model_dir / "rec.onnx"),
                "Rec.rec_keys_path": str(settings.model_dir / "rec.txt"),
            }
        threads = settings.threads or -1
        self._ocr = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.text_score": 0.0,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                **own,
            }
        )
        self._one_at_a_time = threading.Lock()

    def read(self, pixels: numpy.ndarray, wishes: Wishes) -> list[Line]:
        with self._one_at_a_time:
            found = self._ocr(
                pixels,
                # Every parameter each time: what is not given would be that of the call before.
                use_cls=wishes.textline_orientation is not False,
                text_score=0.0 if wishes.least_score is None else wishes.least_score,
                box_thresh=0.5 if wishes.box_threshold is None else wishes.box_threshold,
                unclip_ratio=1.6 if wishes.unclip_ratio is None else wishes.unclip_ratio,
            )
        if found.txts is None or found.boxes is None or found.scores is None:
            return []
        return [
            Line(text, round(float(score), 4), [[round(float(x)), round(float(y))] for x, y in corners])
            for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True)
        ]
