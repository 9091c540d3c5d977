"""`python -m ocr`"""

from __future__ import annotations

import logging
import os
import sys

import uvicorn

from .app import create_app
from .reader import RapidReader
from .settings import SettingsError, read_settings


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(f"The settings are wrong: {error}", file=sys.stderr)
        return 2
    app = create_app(settings, RapidReader(settings))
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
