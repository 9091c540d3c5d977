"""Settings from the environment. Every fault is named in one message, before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(ValueError):
    """What is wrong with the environment."""


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    threads: int
    """Threads of one reading; 0 leaves it to the library."""
    max_file_bytes: int
    """Of the decoded file."""
    max_pixels: int
    """Of one page or picture, unpacked: what is larger is refused before it is unpacked."""
    max_pages: int
    """Of a PDF or a picture with several frames; further pages are not read."""
    model_dir: Path | None
    """Folder with `det.onnx`, `rec.onnx` and `rec.txt` (its alphabet) to read with instead of the ones in the package."""


def read_settings(env: Mapping[str, str]) -> Settings:
    faults: list[str] = []

    def whole(name: str, default: int, least: int) -> int:
        given = env.get(name, "").strip() or str(default)
        if given.isdigit() and int(given) >= least:
            return int(given)
        faults.append(f"{name} is {given!r}: a whole number of at least {least} is needed")
        return default

    model_dir = Path(folder) if (folder := env.get("OCR_MODEL_DIR", "").strip()) else None
    for name in ("det.onnx", "rec.onnx", "rec.txt"):
        if model_dir is not None and not (model_dir / name).is_file():
            faults.append(f"OCR_MODEL_DIR has no {name}")
    settings = Settings(
        host=env.get("OCR_HOST", "").strip() or "127.0.0.1",
        port=whole("OCR_PORT", 8080, 0),
        threads=whole("OCR_THREADS", 0, 0),
        max_file_bytes=whole("OCR_MAX_FILE_MB", 20, 1) * 1024 * 1024,
        max_pixels=whole("OCR_MAX_MEGAPIXELS", 50, 1) * 1_000_000,
        max_pages=whole("OCR_MAX_PAGES", 10, 1),
        model_dir=model_dir,
    )
    if faults:
        raise SettingsError("; ".join(faults))
    return settings
