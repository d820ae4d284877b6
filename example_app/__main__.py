"""``python -m example_app``: the app served on this machine, settings from the environment."""

from __future__ import annotations

import logging
import os

import uvicorn

from . import create_handcart


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = create_handcart()
    app.db.migrate()
    try:
        port = int(os.environ.get("PORT", "9931"))
        uvicorn.run(
            app.asgi(), host="127.0.0.1", port=port, log_level="warning", proxy_headers=False
        )
    finally:
        app.close()


if __name__ == "__main__":
    main()
