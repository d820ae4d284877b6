"""The mails that the app has sent, for a person to read."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, render_template
from werkzeug.wrappers import Response

from ..mailbox import Mail
from ..site import here

blueprint = Blueprint("mails", __name__, url_prefix="/_local/mails", template_folder="templates")


@blueprint.get("/")
def mails() -> str:
    return render_template("control/mails.html", shop=here().world.shop, mails=here().mailbox.mails)


@blueprint.get("/state")
def state() -> Response:
    """The same as JSON, the newest first."""
    return jsonify(
        [
            {
                "number": one.number,
                "to": one.to,
                "subject": one.message["Subject"],
                "message_id": one.message["Message-ID"],
                "text": one.part("plain"),
            }
            for one in here().mailbox.mails
        ]
    )


@blueprint.get("/<int:number>")
def mail(number: int) -> str:
    found = _found(number)
    files = [part.get_filename() for part in found.message.iter_attachments()]
    return render_template(
        "control/mail.html",
        shop=here().world.shop,
        mail=found,
        files=[name for name in files if name],
        html=found.part("html"),
        text=found.part("plain"),
    )


@blueprint.get("/<int:number>/<name>")
def file(number: int, name: str) -> Response:
    named = {part.get_filename(): part for part in _found(number).message.iter_attachments()}
    if name not in named:
        abort(404)
    content = named[name].get_content()
    return Response(
        content if isinstance(content, bytes) else str(content).encode(),
        mimetype="application/octet-stream",
        headers={"Content-Disposition": "attachment"},
    )


def _found(number: int) -> Mail:
    kept = {one.number: one for one in here().mailbox.mails}
    if number not in kept:
        abort(404)
    return kept[number]
