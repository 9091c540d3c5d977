"""`python -m asr`"""

from __future__ import annotations

import logging
import os
import sys

import uvicorn

from .app import create_app
from .recogniser import WhisperRecogniser
from .settings import SettingsError, read_settings


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # httpx2 writes whole addresses, and those of callbacks end in a secret.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(f"The settings are wrong: {error}", file=sys.stderr)
        return 2
    # No access log: it would hold the addresses of callbacks, which are in the query.
    app = create_app(settings, WhisperRecogniser(settings))
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
