"""Prepare this folder for `make demo` or `make test`: only the standard library is needed.

Says what it does while it does it, and does nothing the second time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BUILD = ROOT / ".build"
HTMX = ROOT / "example_app" / "static" / "vendor" / "htmx.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(target: str) -> None:
    _check_python()
    BUILD.mkdir(exist_ok=True)
    _packages(target)
    if not HTMX.exists():
        _say("fetching htmx from its npm package")
        _run(PYTHON, "-m", "example_app.assets")
    if target == "test":
        _browser()
        _database_server()
        _tracer()
        _message_broker()


def _check_python() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    missing = [tool for tool in ("node", "npm", "git") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"please install {' and '.join(missing)} (Node 20 or newer) and run this again")


def _packages(target: str) -> None:
    """One virtual environment; `test` adds the developers' tools to what `demo` needs."""
    wanted = _fingerprint(target)
    done = {stamp.name for stamp in BUILD.glob("packages-*")}
    if PYTHON.exists() and wanted in done:
        return
    if not PYTHON.exists():
        _say("making a virtual environment in .venv")
        _run(sys.executable, "-m", "venv", VENV)
    _say(f"installing the Python packages for {target} (the first time takes a minute)")
    extra = "[dev]" if target == "test" else ""
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--constraint", ROOT / "constraints.txt", "--editable", f"{ROOT}{extra}")
    (BUILD / wanted).touch()


def _fingerprint(target: str) -> str:
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return f"packages-{target}-{digest.hexdigest()[:12]}"


def _browser() -> None:
    if os.environ.get("HANDCART_BROWSER") or any(shutil.which(name) for name in BROWSERS):
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        sys.exit(
            "the browser tests need Chromium: install it (Debian and Ubuntu: apt install "
            "chromium), or set HANDCART_BROWSER to the path of a Chromium or Chrome"
        )
    _say("installing Chromium with apt-get for the browser tests")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    _run("apt-get", "update", "-qq", env=quiet)
    _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", env=quiet)


def _database_server() -> None:
    """The wheel brings PostgreSQL; where it does not run, the distribution's package is tried."""
    looks = "from tests.postgres import find_programs; find_programs()"
    if not subprocess.run([PYTHON, "-c", looks], cwd=ROOT, capture_output=True).returncode:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        _say("no PostgreSQL runs here; its tests will be skipped and say why")
        return
    _say("installing PostgreSQL with apt-get for its tests")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    _run("apt-get", "update", "-qq", env=quiet)
    _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql", env=quiet)


def _tracer() -> None:
    """strace shows what reaches the disk, and lets the disk fail."""
    if shutil.which("strace"):
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        _say("no strace here; the tests of power loss will be skipped and say why")
        return
    _say("installing strace with apt-get for the tests of power loss")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    _run("apt-get", "update", "-qq", env=quiet)
    _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "strace", env=quiet)


def _message_broker() -> None:
    """Its tests run nodes of their own, so the one that the package would start is not wanted."""
    if Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists():
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        _say("no RabbitMQ is installed here; its tests will be skipped and say why")
        return
    _say("installing RabbitMQ with apt-get for its tests")
    # Under systemd a unit that is masked is not started by its package.
    for unit in ("rabbitmq-server.service", "epmd.service", "epmd.socket"):
        _mask(Path("/etc/systemd/system") / unit)
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    _run("apt-get", "update", "-qq", env=quiet)
    _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "rabbitmq-server", env=quiet)


def _mask(unit: Path) -> None:
    if unit.parent.exists() and not unit.is_symlink():
        unit.symlink_to("/dev/null")


def _run(*command: object, env: dict[str, str] | None = None) -> None:
    finished = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env=env, capture_output=True, text=True
    )
    if finished.returncode:
        sys.stderr.write(finished.stdout + finished.stderr)
        sys.exit(f"this failed: {' '.join(str(part) for part in command)}")


def _say(what: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')}  {what} …", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
