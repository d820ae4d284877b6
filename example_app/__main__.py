"""``python -m example_app``: the app served on this machine, settings from the environment."""

from __future__ import annotations

import os

import uvicorn

from handcart import logs

from . import create_handcart


def main() -> None:
    logs.configure("json" if os.environ.get("HANDCART_LOGS") == "json" else "console")
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
