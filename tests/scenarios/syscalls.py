"""What a process asks of the kernel, as strace sees it, and what the kernel may answer instead."""

from __future__ import annotations

import codecs
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from handcart.testing.street import until

SYNCS = ("fsync", "fdatasync")
WRITES = ("pwrite64", "ftruncate")
_ANSWERS = ("write", "writev", "sendto", "sendmsg")
_REQUESTS = ("read", "readv", "recvfrom", "recvmsg")
OF_INTEREST = (*SYNCS, *WRITES, *_ANSWERS, *_REQUESTS)

_LINE = re.compile(r"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)", re.DOTALL)
_FD = re.compile(r"(\d+)<([^>]*)>")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ID = re.compile(rb"(?i)x-shopify-webhook-id: (\S+)")


@dataclass(frozen=True, slots=True)
class Call:
    """``begins`` is True when the call is entered, False when it has returned well.

    ``file`` is the path, or ``socket:…``; ``data`` what was read or written, ``offset`` where, or
    how long the file shall be.
    """

    name: str
    begins: bool
    thread: int
    file: str
    data: bytes = b""
    offset: int = 0

    @property
    def is_answer(self) -> bool:
        """A 200 that is about to leave."""
        return self.name in _ANSWERS and self.begins and b"HTTP/1.1 200" in self.data

    @property
    def asked(self) -> bytes | None:
        """The webhook id in what was just read."""
        found = None
        if self.name in _REQUESTS and not self.begins:
            found = _ID.search(self.data)
        return found[1] if found else None


@contextmanager
def watched(pid: int, into: Path, *options: str) -> Iterator[None]:
    """strace follows every thread of the process inside the block.

    Skips the test where there is no strace, or it may not look.
    """
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed; it shows what reaches the disk")
    command = ["strace", "-f", "-y", "-x", "-s", "300000", "-o", str(into), *options]
    tracer = subprocess.Popen([*command, "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    said: list[str] = []
    listening = threading.Thread(target=lambda: said.extend(tracer.stderr or ()))
    listening.start()
    try:
        until(lambda: "attached" in "".join(said) or tracer.poll() is not None, "strace is mute")
        if tracer.poll() is not None:
            pytest.skip(f"strace may not look at processes here: {''.join(said).strip()}")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(30)
        listening.join()
        if tracer.stderr:
            tracer.stderr.close()


def calls(trace: Path) -> Iterator[Call]:
    """What strace wrote down, in its order; calls that failed return nothing."""
    entered: dict[tuple[int, str], str] = {}
    for line in trace.read_text(errors="replace").splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        thread, resumed, name, rest = int(found[1]), found[2], found[3], found[4]
        if resumed:
            rest = entered.pop((thread, resumed), "") + rest
            yield from _returned(resumed, thread, rest)
        elif "<unfinished ...>" in rest:
            begun = rest.replace("<unfinished ...>", "")
            entered[thread, name] = begun
            yield _call(name, thread, begun, begins=True)
        else:
            yield _call(name, thread, rest, begins=True)
            yield from _returned(name, thread, rest)


def _returned(name: str, thread: int, text: str) -> Iterator[Call]:
    if "= -1 E" not in text[-200:]:
        yield _call(name, thread, text, begins=False)


def _call(name: str, thread: int, text: str, *, begins: bool) -> Call:
    fd, told = _FD.match(text), _TEXT.search(text)
    data = codecs.escape_decode(told[1].encode("latin-1"))[0] if told else b""
    numbers = re.findall(r", (\d+)\)? *", text[told.end() if told else 0 :])
    offset = int(numbers[-1]) if numbers and name in WRITES else 0
    return Call(name, begins, thread, fd[2] if fd else "", bytes(data), offset)
