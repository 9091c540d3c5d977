"""From the bytes of a file to pictures of its pages, one at a time, and none that would fill the memory."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy
import pypdfium2
from PIL import Image, ImageOps, ImageSequence

from .settings import Settings

PDF = 0
IMAGE = 1
POINTS_PER_INCH = 72
# What small print of a scanned document needs.
DOTS_PER_INCH = 200
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
# PDFium may not be entered by two threads at once, and a reading whose client left goes on for a while.
_pdfium = threading.Lock()


class BadFile(ValueError):
    """The file cannot be read, or is more than allowed. Trying again will not help."""


@dataclass(frozen=True)
class Page:
    width: int
    height: int
    pixels: numpy.ndarray
    """Blue, green, red."""


def pages(file: bytes, kind: int, settings: Settings) -> Iterator[Page]:
    """Raises BadFile."""
    return _pages_of_pdf(file, settings) if kind == PDF else _pages_of_image(file, settings)


def _pages_of_image(file: bytes, settings: Settings) -> Iterator[Page]:
    try:
        with Image.open(io.BytesIO(file), formats=FORMATS) as image:
            for number, frame in enumerate(ImageSequence.Iterator(image)):
                if number == settings.max_pages:
                    return
                _check_size(*frame.size, settings)
                yield _page(ImageOps.exif_transpose(frame))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile("the file cannot be read as a picture") from error


def _pages_of_pdf(file: bytes, settings: Settings) -> Iterator[Page]:
    scale = DOTS_PER_INCH / POINTS_PER_INCH
    try:
        with _pdfium:
            document = pypdfium2.PdfDocument(file)
            count = min(len(document), settings.max_pages)
        try:
            for number in range(count):
                with _pdfium:
                    sheet = document[number]
                    width, height = (int(side * scale) for side in sheet.get_size())
                    _check_size(width, height, settings)
                    bitmap = sheet.render(scale=scale)
                    image = bitmap.to_pil().copy()
                    bitmap.close()
                    sheet.close()
                yield _page(image)
        finally:
            with _pdfium:
                document.close()
    except pypdfium2.PdfiumError as error:
        raise BadFile("the file cannot be read as a PDF") from error


def _check_size(width: int, height: int, settings: Settings) -> None:
    if width * height > settings.max_pixels:
        raise BadFile(f"a page has {width} × {height} pixels; {settings.max_pixels} in all are allowed")
    if width < 1 or height < 1:
        raise BadFile("a page has no size")


def _page(image: Image.Image) -> Page:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        ground = Image.new("RGBA", seen.size, "white")
        image = Image.alpha_composite(ground, seen)
    pixels = numpy.asarray(image.convert("RGB"))[:, :, ::-1]
    return Page(image.width, image.height, numpy.ascontiguousarray(pixels))
