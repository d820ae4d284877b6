from __future__ import annotations

from flask import Flask
from sqlalchemy import delete

from handcart.storage import Database
from handcart.storage.outbox import tasks
from handcart.web.errors import answer_errors


def test_a_database_that_refuses_is_asked_again_in_a_moment_and_is_no_500(db: Database) -> None:
    flask = Flask("pages")
    answer_errors(flask)

    @flask.post("/tap")
    def tap() -> str:
        with db.reading() as view:  # where nothing can be written
            view.execute(delete(tasks))
        return "tapped"

    asked = flask.test_client()
    told = asked.post("/tap")
    assert (told.status_code, told.headers["Retry-After"]) == (503, "2")
    assert told.json == {
        "error": {"code": "store_busy", "message": "nothing was changed; try again in a moment"}
    }
    page = asked.post("/tap", headers={"Accept": "text/html"})
    assert (page.status_code, page.content_type) == (503, "text/html; charset=utf-8")
