"""What the pages need and the repository does not hold: htmx from npm, and compiled catalogues.

``python -m example_app.assets`` makes both; without it the pages work, in English and without
updating themselves.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HTMX = "htmx.org@4.0.1"
_HERE = Path(__file__).parent
TRANSLATIONS = _HERE / "translations"
VENDOR = _HERE / "static" / "vendor"
BUILD = _HERE.parent / ".build"
_WANTED = {"package/dist/htmx.min.js": "htmx.min.js", "package/LICENSE": "htmx.LICENSE.txt"}


def compile_catalogues() -> int:
    """Every translation can be used; returns how many were out of date."""
    done = 0
    for source in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        part = target.with_suffix(f".{os.getpid()}.part")
        with source.open("rb") as text, part.open("wb") as compiled:
            write_mo(compiled, read_po(text, locale=source.parts[-3]))
        part.replace(target)
        done += 1
    return done


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
            part = VENDOR / f"{name}.{os.getpid()}.part"
            part.write_bytes(file.read())
            part.replace(VENDOR / name)


if __name__ == "__main__":
    print(f"{HTMX}: {'fetched' if fetch() else 'here already'}")
    print(f"translations: {compile_catalogues()} compiled")
