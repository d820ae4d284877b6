"""``python -m example_app``: the app served on this machine, settings from the environment."""

from __future__ import annotations

import os

from handcart import logs
from handcart.serving import run

from . import create_handcart


def main() -> None:
    logs.configure("json" if os.environ.get("HANDCART_LOGS") == "json" else "console")
    app = create_handcart()
    app.db.migrate()
    try:
        port = int(os.environ.get("PORT", "9931"))
        run(app.asgi(), host="127.0.0.1", port=port)
    finally:
        app.close()


if __name__ == "__main__":
    main()
