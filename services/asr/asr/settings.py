"""Settings from the environment. Every fault is named in one message, before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(ValueError):
    """What is wrong with the environment, one line each."""


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    data_dir: Path
    """Jobs, their audio, and an assembled model. What was accepted survives a restart because of it."""
    model: str
    """`bundled` (whisper base from packages), a name such as `large-v3`, or a folder in CTranslate2's format."""
    device: str
    compute_type: str
    threads: int
    """Threads of one recognition on the CPU; 0 leaves it to the library."""
    parallel: int
    """Recognitions at once. Each has its own working memory."""
    queue_limit: int
    """Jobs accepted and not yet begun; above it a submission is answered 503."""
    max_file_bytes: int
    max_audio_seconds: int
    api_key: str | None
    callback_secret: str | None
    """Signs what is posted back (`X-Hub-Signature-256`). Without it the address has to be unguessable."""
    callback_hosts: frozenset[str]
    """Hosts that may be called back although their address is private: the product beside this service."""
    callback_timeout_seconds: float
    callback_attempts: int
    keep_hours: int
    """How long a finished job can be asked for."""


def read_settings(env: Mapping[str, str]) -> Settings:
    faults: list[str] = []

    def whole(name: str, default: int, least: int) -> int:
        given = env.get(name, "").strip() or str(default)
        if given.isdigit() and int(given) >= least:
            return int(given)
        faults.append(f"{name} is {given!r}: a whole number of at least {least} is needed")
        return default

    def one_of(name: str, default: str, known: tuple[str, ...]) -> str:
        given = env.get(name, "").strip() or default
        if given not in known:
            faults.append(f"{name} is {given!r}: one of {', '.join(known)} is needed")
        return given

    hosts = env.get("ASR_CALLBACK_HOSTS", "localhost,127.0.0.1")
    settings = Settings(
        host=env.get("ASR_HOST", "").strip() or "127.0.0.1",
        port=whole("ASR_PORT", 8001, 0),
        data_dir=Path(env.get("ASR_DATA_DIR", "").strip() or ".data"),
        model=env.get("ASR_MODEL", "").strip() or "bundled",
        device=one_of("ASR_DEVICE", "auto", ("auto", "cpu", "cuda")),
        compute_type=env.get("ASR_COMPUTE_TYPE", "").strip() or "default",
        threads=whole("ASR_THREADS", 0, 0),
        parallel=whole("ASR_PARALLEL", 1, 1),
        queue_limit=whole("ASR_QUEUE_LIMIT", 64, 1),
        max_file_bytes=whole("ASR_MAX_FILE_MB", 200, 1) * 1024 * 1024,
        max_audio_seconds=whole("ASR_MAX_AUDIO_SECONDS", 4 * 3600, 1),
        api_key=env.get("ASR_API_KEY", "").strip() or None,
        callback_secret=env.get("ASR_CALLBACK_SECRET", "").strip() or None,
        callback_hosts=frozenset(host.strip().lower() for host in hosts.split(",") if host.strip()),
        callback_timeout_seconds=whole("ASR_CALLBACK_TIMEOUT_SECONDS", 10, 1),
        callback_attempts=whole("ASR_CALLBACK_ATTEMPTS", 12, 1),
        keep_hours=whole("ASR_KEEP_HOURS", 48, 1),
    )
    if faults:
        raise SettingsError("; ".join(faults))
    return settings
