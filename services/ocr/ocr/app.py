"""The HTTP surface: `POST /ocr` and `GET /health` of PaddleX basic serving."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from .pages import IMAGE, PDF, BadFile, Page, pages
from .reader import Line, Reader, Wishes
from .settings import Settings

log = logging.getLogger("ocr")


class OcrRequest(BaseModel):
    file: str = Field(min_length=1)
    fileType: int | None = None
    useDocOrientationClassify: bool | None = None
    useDocUnwarping: bool | None = None
    useTextlineOrientation: bool | None = None
    textDetLimitSideLen: int | None = None
    textDetLimitType: str | None = None
    textDetThresh: float | None = Field(None, ge=0, le=1)
    textDetBoxThresh: float | None = Field(None, ge=0, le=1)
    textDetUnclipRatio: float | None = Field(None, gt=0, le=10)
    textRecScoreThresh: float | None = Field(None, ge=0, le=1)
    visualize: bool | None = None


def create_app(settings: Settings, reader: Reader) -> FastAPI:
    app = FastAPI(title="Text recognition")
    # A page is unpacked and read by one request at a time; the others wait without holding pictures.
    places = asyncio.Semaphore(1)

    @app.get("/health")
    async def health() -> dict:
        return envelope(0, "Healthy")

    @app.post("/ocr")
    async def ocr(request: Request) -> JSONResponse:
        body = await _read_body(request, settings)
        asked = OcrRequest.model_validate_json(body)
        file, kind = _file(asked, settings)
        async with places:
            found = await asyncio.to_thread(_read, reader, file, kind, _wishes(asked), settings)
        return JSONResponse({**envelope(0, "Success"), "result": _result(found, kind, asked)})

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse(envelope(error.status_code, str(error.detail)), error.status_code)

    @app.exception_handler(BadFile)
    async def unreadable(_: Request, error: BadFile) -> JSONResponse:
        return JSONResponse(envelope(422, str(error)), 422)

    @app.exception_handler(ValueError)
    async def invalid(_: Request, error: ValueError) -> JSONResponse:
        return JSONResponse(envelope(422, _faults(error)), 422)

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> JSONResponse:
        log.error("a reading failed", exc_info=error)
        return JSONResponse(envelope(500, "Internal server error"), 500)

    return app


def envelope(code: int, message: str) -> dict:
    return {"logId": str(uuid4()), "errorCode": code, "errorMsg": message}


async def _read_body(request: Request, settings: Settings) -> bytes:
    """The whole body, but never more of it than a file of the allowed size needs."""
    most = settings.max_file_bytes * 4 // 3 + 64 * 1024
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise HTTPException(413, f"the file is larger than {settings.max_file_bytes} bytes")
    return bytes(body)


def _file(asked: OcrRequest, settings: Settings) -> tuple[bytes, int]:
    if asked.file.startswith(("http://", "https://")):
        raise BadFile("addresses are not fetched here: send the file itself, in base64")
    if asked.fileType not in (PDF, IMAGE):
        raise BadFile("File type cannot be determined")
    try:
        file = base64.b64decode(asked.file, validate=True)
    except binascii.Error as error:
        raise BadFile("file is not base64") from error
    if len(file) > settings.max_file_bytes:
        raise HTTPException(413, f"the file is larger than {settings.max_file_bytes} bytes")
    return file, asked.fileType


def _wishes(asked: OcrRequest) -> Wishes:
    return Wishes(
        textline_orientation=asked.useTextlineOrientation,
        least_score=asked.textRecScoreThresh,
        box_threshold=asked.textDetBoxThresh,
        unclip_ratio=asked.textDetUnclipRatio,
    )


def _read(reader: Reader, file: bytes, kind: int, wishes: Wishes, settings: Settings) -> list[tuple[Page, list[Line]]]:
    found = []
    for page in pages(file, kind, settings):
        lines = reader.read(page.pixels, wishes)
        found.append((Page(page.width, page.height, page.pixels[:0]), lines))
    return found


def _result(found: list[tuple[Page, list[Line]]], kind: int, asked: OcrRequest) -> dict:
    sizes = [{"width": page.width, "height": page.height} for page, _ in found]
    settings = {"use_doc_preprocessor": False, "use_textline_orientation": asked.useTextlineOrientation is not False}
    return {
        "ocrResults": [{"prunedResult": {"model_settings": settings, **_lines(lines)}} for _, lines in found],
        "dataInfo": {"type": "pdf", "numPages": len(sizes), "pages": sizes} if kind == PDF else {"type": "image", **sizes[0]},
    }


def _lines(lines: list[Line]) -> dict:
    polygons = [line.polygon for line in lines]
    return {
        "dt_polys": polygons,
        "rec_texts": [line.text for line in lines],
        "rec_scores": [line.score for line in lines],
        "rec_polys": polygons,
        "rec_boxes": [line.box for line in lines],
    }


def _faults(error: ValueError) -> str:
    """Like the original, a list in JSON; never with the input, which holds the file."""
    if hasattr(error, "json"):
        return error.json(include_input=False, include_url=False)
    if isinstance(error, RequestValidationError):
        return str([fault["msg"] for fault in error.errors()])
    return "the request cannot be read"
