from __future__ import annotations

import json
import re
import threading
import tracemalloc
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import pytest
import requests
import responses
from werkzeug.formparser import parse_form_data

from handcart.connection import new_session
from handcart.errors import PlatformError
from handcart.platform.shopify import bulk
from handcart.platform.shopify.bulk import BulkState, Row

OPERATION = "gid://shopify/BulkOperation/1"


class Admin:
    """Gives the answers in turn and keeps what it was asked."""

    shop = "juniper-tea.myshopify.com"

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        self.asked.append(dict(variables or {}))
        return self.answers.pop(0)


def told(status: str, rows: int = 0, url: str | None = None, error: str | None = None) -> Any:
    found = {"id": OPERATION, "status": status, "errorCode": error, "objectCount": str(rows)}
    return {"bulkOperation": {**found, "url": url, "partialDataUrl": None}}


class Storage:
    """Serves ``lines`` with ranges; each request is cut after so many bytes as ``cuts`` says."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.cuts: list[int] = []
        self.ranges: list[str | None] = []
        self.understands_ranges = True
        self.taken = 0
        self.url = ""

    @property
    def body(self) -> bytes:
        return b"".join(self.lines)


@pytest.fixture
def storage() -> Iterator[Storage]:
    kept = Storage()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            kept.ranges.append(asked)
            assert "X-Shopify-Access-Token" not in self.headers
            start = int(re.findall(r"\d+", asked)[0]) if asked and kept.understands_ranges else 0
            body = kept.body[start:]
            if asked and kept.understands_ranges and not body:
                self.send_response(416)
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: kept.cuts.pop(0)] if kept.cuts else body)
            self.close_connection = True

        def do_POST(self) -> None:
            left = int(self.headers["Content-Length"])
            while left and (part := self.rfile.read(min(left, 65536))):
                left -= len(part)
                kept.taken += len(part)
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    kept.url = f"http://127.0.0.1:{server.server_port}/result.jsonl"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with new_session() as session:
        yield session


def line(number: int, **more: Any) -> bytes:
    return json.dumps({"id": number, **more}).encode() + b"\n"


def read(storage: Storage, session: requests.Session, after: int = 0) -> list[Row]:
    found = bulk.rows(storage.url, session=session, after=after, sleep=lambda seconds: None)
    return list(found)


def test_a_query_is_run_and_its_id_kept() -> None:
    answer = {"bulkOperationRunQuery": {"bulkOperation": {"id": OPERATION}, "userErrors": []}}
    admin = Admin(answer)
    assert bulk.run_query(admin, "{ orders { edges { node { id } } } }") == OPERATION
    assert admin.asked[0]["grouped"] is False


def test_waiting_tells_how_far_it_is_and_ends_with_the_address() -> None:
    admin = Admin(told("CREATED"), told("RUNNING", 10), told("COMPLETED", 20, "https://x/y"))
    heard: list[BulkState] = []
    slept: list[float] = []
    done = bulk.wait(admin, OPERATION, progress=heard.append, sleep=slept.append)
    assert (done.url, done.rows, done.is_good) == ("https://x/y", 20, True)
    assert [one.rows for one in heard] == [0, 10, 20]
    assert slept == [1.0, 1.5]


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        ("FAILED", "ACCESS_DENIED", "bulk_access_denied"),
        ("CANCELED", None, "bulk_canceled"),
        ("EXPIRED", None, "bulk_expired"),
    ],
)
def test_what_ends_otherwise_than_well_is_an_error(
    status: str, error: str | None, code: str
) -> None:
    with pytest.raises(PlatformError) as failed:
        bulk.wait(Admin(told(status, error=error)), OPERATION)
    assert failed.value.code == code


def test_an_operation_nobody_knows_is_an_error() -> None:
    with pytest.raises(PlatformError) as failed:
        bulk.state(Admin({"bulkOperation": None}), OPERATION)
    assert failed.value.code == "bulk_unknown"


def test_rows_come_with_the_place_behind_them_and_their_parents_id(
    storage: Storage, session: requests.Session
) -> None:
    storage.lines = [line(1), line(2, __parentId=1), b"\n", b'{"id": 3}']
    rows = read(storage, session)
    assert [row.value["id"] for row in rows] == [1, 2, 3]
    assert [row.parent for row in rows] == [None, 1, None]
    assert rows[-1].end == len(storage.body)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_reader_goes_on_where_it_stopped_row_by_row(
    storage: Storage, session: requests.Session, ranges: bool
) -> None:
    storage.lines = [line(number) for number in range(10)]
    storage.understands_ranges = ranges
    all_rows = read(storage, session)
    for place, row in enumerate(all_rows):
        rest = read(storage, session, after=row.end)
        assert rest == all_rows[place + 1 :]


def test_a_result_that_breaks_off_is_asked_for_from_where_the_last_whole_row_ended(
    storage: Storage, session: requests.Session
) -> None:
    storage.lines = [line(number) for number in range(100)]
    storage.cuts = [0, 25, 300, 7]
    rows = read(storage, session)
    assert [row.value["id"] for row in rows] == list(range(100))
    assert storage.ranges[:2] == [None, None]
    assert len(storage.ranges) == 5


def test_a_result_that_never_comes_is_given_up(storage: Storage, session: requests.Session) -> None:
    storage.lines = [line(1)]
    storage.cuts = [3] * 10
    with pytest.raises(PlatformError) as failed:
        read(storage, session)
    assert failed.value.code == "bulk_broken_off"
    assert len(storage.ranges) == 5


def test_an_operation_without_rows_has_no_address_and_no_rows(session: requests.Session) -> None:
    assert list(bulk.rows(None, session=session)) == []


@pytest.mark.parametrize("body", [b"not json\n", b"[1]\n", b"\xff\xff\n"])
def test_a_row_that_cannot_be_read_is_an_error(
    storage: Storage, session: requests.Session, body: bytes
) -> None:
    storage.lines = [body]
    with pytest.raises(PlatformError) as failed:
        read(storage, session)
    assert failed.value.code == "bulk_malformed"


@pytest.mark.parametrize("url", ["http://evil.com/x", "ftp://127.0.0.1/x", "file:///etc/passwd"])
def test_nothing_is_fetched_from_an_address_that_is_not_https(
    session: requests.Session, url: str
) -> None:
    with pytest.raises(PlatformError) as failed:
        list(bulk.rows(url, session=session))
    assert failed.value.code == "bulk_malformed"


def test_many_rows_take_no_more_memory_than_few(
    storage: Storage, session: requests.Session
) -> None:
    storage.lines = [line(number, title="Mountain Juniper Tea") for number in range(40_000)]
    size = len(storage.body)
    list(zip(bulk.rows(storage.url, session=session), range(10), strict=False))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    count = sum(1 for _ in bulk.rows(storage.url, session=session))
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert count == 40_000
    # The storage's own copies of the body are measured along: it runs in this process.
    assert peak < 3 * size + 2_000_000


def test_a_mutation_runs_once_for_each_line_that_was_uploaded(session: requests.Session) -> None:
    target = {
        "url": "https://storage.example.com/upload",
        "parameters": [
            {"name": "key", "value": "tmp/1/lines.jsonl"},
            {"name": "acl", "value": "p"},
        ],
    }
    staged = {"stagedUploadsCreate": {"stagedTargets": [target], "userErrors": []}}
    run = {"bulkOperationRunMutation": {"bulkOperation": {"id": OPERATION}, "userErrors": []}}
    admin = Admin(staged, run)
    form: dict[str, str] = {}
    sent: list[bytes] = []

    def take(request: Any) -> tuple[int, dict[str, str], str]:
        body = request.body
        assert int(request.headers["Content-Length"]) == len(body)
        told = {"CONTENT_TYPE": request.headers["Content-Type"], "CONTENT_LENGTH": str(len(body))}
        _, fields, files = parse_form_data({**told, "wsgi.input": BytesIO(body)})
        form.update(fields)
        sent.append(files["file"].read())
        files["file"].close()
        return 201, {}, ""

    with responses.RequestsMock() as there:
        there.add_callback("POST", target["url"], callback=take)
        lines = ({"input": {"id": number}} for number in range(3))
        found = bulk.run_mutation(admin, "mutation …", lines, session=session, key="k1")
    assert found == OPERATION
    assert form == {"key": "tmp/1/lines.jsonl", "acl": "p"}
    assert sent == [b'{"input":{"id":0}}\n{"input":{"id":1}}\n{"input":{"id":2}}\n']
    assert admin.asked[1] == {"mutation": "mutation …", "path": "tmp/1/lines.jsonl", "key": "k1"}


def test_an_upload_takes_no_more_memory_for_many_lines_than_for_few(
    storage: Storage, session: requests.Session
) -> None:
    target = {"url": storage.url, "parameters": [{"name": "key", "value": "k"}]}
    staged = {"stagedUploadsCreate": {"stagedTargets": [target], "userErrors": []}}
    run = {"bulkOperationRunMutation": {"bulkOperation": {"id": OPERATION}, "userErrors": []}}
    lines = ({"input": {"id": number, "title": "x" * 100}} for number in range(30_000))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    bulk.run_mutation(Admin(staged, run), "mutation …", lines, session=session, key="k1")
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert storage.taken > 30_000 * 100
    assert peak < 2_000_000


def test_an_upload_that_is_refused_runs_nothing(session: requests.Session) -> None:
    target = {"url": "https://storage.example.com/u", "parameters": [{"name": "key", "value": "k"}]}
    admin = Admin({"stagedUploadsCreate": {"stagedTargets": [target], "userErrors": []}})
    with responses.RequestsMock() as there:
        there.post(target["url"], status=403)
        with pytest.raises(PlatformError) as failed:
            bulk.run_mutation(admin, "mutation …", [], session=session, key="k1")
    assert failed.value.code == "bulk_upload_refused"
    assert len(admin.asked) == 1
