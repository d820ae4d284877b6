"""Bulk operations: a million rows in one go, in constant memory, to be resumed where it stopped.

The platform runs a query (or one mutation for each of our lines) by itself and leaves the result
as lines of JSON at an address that is good for a week (shopify.dev, Bulk operations). Here is
each step by itself, so that the operation's id can be kept between them and a process that died
goes on: ``run_query`` or ``run_mutation``, then ``state`` until it ``is_over``, then ``rows``.

The address lies with a storage service: it gets no token of ours, and no redirect is followed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import urlsplit

import orjson
import requests

from ...errors import PlatformError
from ..port import Admin
from .documents import document
from .retry import RetryPolicy, is_passing

TIMEOUTS = (3.05, 60.0)
_CHUNK = 64 * 1024
_OVER = {"COMPLETED", "CANCELED", "FAILED", "EXPIRED"}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# No row of ours comes near it; a stream without a line's end must not fill the memory.
_LONGEST_ROW = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BulkState:
    """``rows`` counts what is there so far; ``url`` is None until it is over, and when there is
    nothing. A failed operation may leave ``partial_url``."""

    operation: str
    status: str
    error: str | None
    rows: int
    url: str | None
    partial_url: str | None

    @property
    def is_over(self) -> bool:
        return self.status in _OVER

    @property
    def is_good(self) -> bool:
        return self.status == "COMPLETED"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a result; ``end`` is the byte behind it: the ``after`` to go on with."""

    value: Mapping[str, Any]
    end: int

    @property
    def parent(self) -> str | None:
        """The id of the row that this one belongs to."""
        return self.value.get("__parentId")


def run_query(admin: Admin, query: str, *, grouped: bool = False) -> str:
    """The id of an operation that runs ``query``; children follow their parent when ``grouped``.

    Raises UserErrors when the platform refuses it (five at a time, say).
    """
    variables = {"query": query, "grouped": grouped}
    answer = admin.execute(document("bulk_run_query"), variables)
    return str(answer["bulkOperationRunQuery"]["bulkOperation"]["id"])


def run_mutation(
    admin: Admin,
    mutation: str,
    lines: Iterable[Mapping[str, Any]],
    *,
    session: requests.Session,
    key: str,
) -> str:
    """The id of an operation that runs ``mutation`` once for the variables of each line.

    The lines are written to a file on disk and sent from there, never all in memory. ``key`` names
    the intent: the platform refuses a second operation under the key of one that is under way.
    """
    path = _upload(admin, lines, session)
    variables = {"mutation": mutation, "path": path, "key": key}
    answer = admin.execute(document("bulk_run_mutation"), variables)
    return str(answer["bulkOperationRunMutation"]["bulkOperation"]["id"])


def state(admin: Admin, operation: str) -> BulkState:
    """How far the operation is; raises PlatformError when the platform does not know it."""
    found = admin.execute(document("bulk_state"), {"id": operation})["bulkOperation"]
    if found is None:
        raise PlatformError("bulk_unknown", "the platform knows no such operation")
    return BulkState(
        operation=found["id"],
        status=found["status"],
        error=found["errorCode"],
        rows=int(found["objectCount"]),
        url=found["url"],
        partial_url=found["partialDataUrl"],
    )


def cancel(admin: Admin, operation: str) -> None:
    """The operation ends soon; what it has done stays done."""
    admin.execute(document("bulk_cancel"), {"id": operation})


def wait(
    admin: Admin,
    operation: str,
    *,
    progress: Callable[[BulkState], None] = lambda state: None,
    sleep: Callable[[float], None] = time.sleep,
    shortest: float = 1.0,
    longest: float = 30.0,
) -> BulkState:
    """The state in which it is over; ``progress`` hears of each state on the way.

    Raises PlatformError when it ends otherwise than well.
    """
    pause = shortest
    while not (found := state(admin, operation)).is_over:
        progress(found)
        sleep(pause)
        pause = min(longest, pause * 1.5)
    progress(found)
    if not found.is_good:
        code = (found.error or found.status).lower()
        raise PlatformError(f"bulk_{code}", f"the bulk operation ended as {found.status}")
    return found


def rows(
    url: str | None,
    *,
    session: requests.Session,
    after: int = 0,
    policy: RetryPolicy | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Row]:
    """Every row from byte ``after`` on, as it comes over the wire; none for ``url`` None.

    A line that breaks off is asked for again from where it began, a few times for each row; then
    PlatformError is raised, and whoever kept the last ``end`` may come again with it.
    """
    policy, attempt = policy or RetryPolicy(), 1
    while url is not None:
        try:
            for row in _read(_checked(url), session, after):
                after, attempt = row.end, 1
                yield row
            return
        except (requests.RequestException, _Passing) as error:
            pause = policy.pause(attempt, jitter=0.5)
            if policy.gives_up(attempt, elapsed=0.0, pause=pause):
                raise PlatformError("bulk_broken_off", f"the result breaks off: {error}") from error
            sleep(pause)
            attempt += 1


class _Passing(Exception):
    """The storage service says "later", or said less than it had to say."""


def _read(url: str, session: requests.Session, after: int) -> Iterator[Row]:
    headers = {"Range": f"bytes={after}-", "Accept-Encoding": "identity"} if after else {}
    with session.get(
        url, headers=headers, stream=True, timeout=TIMEOUTS, allow_redirects=False
    ) as answer:
        if is_passing(answer.status_code):
            raise _Passing(f"status {answer.status_code}")
        if answer.status_code == 416:  # there is nothing behind the last row
            return
        if answer.status_code not in (200, 206):
            raise PlatformError("bulk_gone", f"the result answered {answer.status_code}")
        skip = after if answer.status_code == 200 else 0
        yield from _split(answer, at=after - skip, skip=skip)


def _split(answer: requests.Response, *, at: int, skip: int) -> Iterator[Row]:
    """Rows of the body, which begins at byte ``at``; the first ``skip`` bytes are known already."""
    rest, read = b"", 0
    for chunk in answer.iter_content(_CHUNK):
        read += len(chunk)
        rest += chunk
        *lines, rest = rest.split(b"\n")
        if len(rest) > _LONGEST_ROW:
            raise PlatformError("bulk_malformed", "a row of the result has no end")
        for line in lines:
            at += len(line) + 1
            if line and at > skip:
                yield Row(_row(line), at)
    _check_length(answer, read)
    if rest and at + len(rest) > skip:
        yield Row(_row(rest), at + len(rest))


def _check_length(answer: requests.Response, read: int) -> None:
    """A connection that was cut looks like an end to some servers and proxies."""
    promised = answer.headers.get("Content-Length", "")
    if promised.isdigit() and "Content-Encoding" not in answer.headers and read < int(promised):
        raise _Passing(f"{read} of {promised} bytes")


def _row(line: bytes) -> Mapping[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise PlatformError("bulk_malformed", "a row of the result is no JSON") from error
    if not isinstance(row, dict):
        raise PlatformError("bulk_malformed", "a row of the result is no object")
    return row


def _upload(admin: Admin, lines: Iterable[Mapping[str, Any]], session: requests.Session) -> str:
    """Where the platform finds the lines now: a path that means something only to it."""
    answer = admin.execute(document("bulk_stage"), {})
    target = answer["stagedUploadsCreate"]["stagedTargets"][0]
    fields = {one["name"]: one["value"] for one in target["parameters"]}
    boundary = secrets.token_hex(16)
    with TemporaryFile() as file:
        _write_form(file, fields, lines, boundary=boundary)
        file.seek(0)
        sent = session.post(
            _checked(target["url"]),
            data=file,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
            timeout=TIMEOUTS,
            allow_redirects=False,
        )
    if sent.status_code not in (200, 201, 204):
        raise PlatformError("bulk_upload_refused", f"the upload answered {sent.status_code}")
    return str(fields["key"])


def _write_form(
    file: IO[bytes],
    fields: Mapping[str, str],
    lines: Iterable[Mapping[str, Any]],
    *,
    boundary: str,
) -> None:
    """The form as it is sent (RFC 7578), its last field the file: ``requests`` would make it of
    the whole file in memory, twice."""
    begin = f"--{boundary}\r\nContent-Disposition: form-data; name="
    for name, value in fields.items():
        file.write(f'{begin}"{name}"\r\n\r\n{value}\r\n'.encode())
    file.write(f'{begin}"file"; filename="lines.jsonl"\r\n'.encode())
    file.write(b"Content-Type: text/jsonl\r\n\r\n")
    for line in lines:
        file.write(orjson.dumps(line))
        file.write(b"\n")
    file.write(f"\r\n--{boundary}--\r\n".encode())


def _checked(url: str) -> str:
    """An address that the platform gave us; nothing is fetched in the clear but on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    raise PlatformError("bulk_malformed", "the platform gave an address that is not https")
