"""Uploaded audio on its way to disk, in pieces and never more of it than allowed."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import HTTPException, UploadFile

PIECE = 1024 * 1024


async def save_upload(upload: UploadFile, target: Path, most: int) -> None:
    """Raises 400 for an empty file and 413 for one above `most` bytes; nothing is left behind then."""
    size = 0
    try:
        with target.open("xb") as file:
            while piece := await upload.read(PIECE):
                size += len(piece)
                if size > most:
                    raise HTTPException(413, f"the file is larger than {most} bytes")
                file.write(piece)
            if size == 0:
                raise HTTPException(400, "the file is empty")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        target.unlink(missing_ok=True)
        raise HTTPException(507, "the file could not be stored") from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def plain_name(upload: UploadFile) -> str:
    """The last part of the name, for people to read; it is never a path here."""
    return (upload.filename or "audio").replace("\\", "/").rsplit("/", 1)[-1][:200] or "audio"
