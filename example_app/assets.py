"""What the pages need from npm, fetched once at build time: ``python -m example_app.assets``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HTMX = "htmx.org@4.0.1"
_HERE = Path(__file__).parent
VENDOR = _HERE / "static" / "vendor"
BUILD = _HERE.parent / ".build"
_WANTED = {"package/dist/htmx.min.js": "htmx.min.js", "package/LICENSE": "htmx.LICENSE.txt"}


def fetch() -> bool:
    """htmx lies in ``static/vendor``; False when it did already. Needs npm only when it did not."""
    if all((VENDOR / name).exists() for name in _WANTED.values()):
        return False
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        _unpack(_packed(Path(folder)))
    return True


def _packed(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed once to fetch htmx: install Node.js 20 or newer")
    command = [npm, "pack", HTMX, "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"npm could not fetch {HTMX}:\n{done.stderr.strip()}")
    return next(folder.glob("*.tgz"))


def _unpack(package: Path) -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    with tarfile.open(package) as archive:
        for member, name in _WANTED.items():
            file = archive.extractfile(member)
            if file is None:
                raise SystemExit(f"{HTMX} has no {member}")
            part = VENDOR / f"{name}.part"
            part.write_bytes(file.read())
            part.replace(VENDOR / name)


if __name__ == "__main__":
    print(f"{HTMX}: {'fetched' if fetch() else 'here already'}")
    sys.exit(0)
