"""The app inside the admin: installing, removing, its frame, and ID tokens for it."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

from flask import Blueprint, abort, jsonify, redirect, request, send_from_directory
from werkzeug.wrappers import Response

from .. import charges, payloads, tokens
from ..clock import wall
from ..refusals import Refused
from ..site import here
from . import staff
from .pages import _page

blueprint = Blueprint("apps", __name__, static_folder="static", static_url_path="/_local/admin")


@blueprint.get("/admin/apps/<handle>")
@blueprint.get("/admin/apps/<handle>/")
@blueprint.get("/admin/apps/<handle>/<path:path>")
def frame(handle: str, path: str = "") -> str:
    """The app's page in an iframe; the path below the handle is the app's own."""
    app = here().app
    if handle not in (app.handle, app.client_id):
        abort(404)
    return _page("app", src=_frame_url(path))


@blueprint.get("/admin/oauth/authorize")
def ask_consent() -> Response | tuple[str, int] | str:
    """The code grant's question; a merchant who said yes before is not asked again."""
    query = request.args.to_dict()
    try:
        tokens.check_request(here().app, query)
    except tokens.Refusal as refusal:
        return _page("refused", reason=str(refusal)), 400
    grant = here().world.grants.get(here().app.client_id)
    if grant is not None and set(grant.scopes) >= set(here().app.scopes):
        return _consented(query)
    return _page("consent", scopes=here().app.scopes, query=query)


@blueprint.post("/admin/oauth/authorize")
def give_consent() -> Response | tuple[str, int]:
    try:
        return _consented(request.form.to_dict())
    except tokens.Refusal as refusal:
        return _page("refused", reason=str(refusal)), 400


def _consented(query: dict[str, str]) -> Response:
    shop, person = here(), staff.signed_in().id
    return redirect(tokens.consent(shop.world, shop.app, query, person, wall()), 303)


@blueprint.get("/admin/charges/<int:number>/confirm")
def ask_payment(number: int) -> str:
    """What the merchant is asked before anything is paid; whoever answered is not asked again."""
    return _page("charge", charge=_charge(number))


@blueprint.post("/admin/charges/<int:number>/confirm")
def answer_payment(number: int) -> Response:
    """The merchant agrees or declines, and goes back to the app."""
    charge = charges.settle(
        here().world, _charge(number), agreed=request.form.get("answer") == "agree"
    )
    mark = "&" if "?" in charge.return_url else "?"
    return redirect(f"{charge.return_url}{mark}charge_id={charge.id}", 303)


def _charge(number: int) -> charges.Charge:
    found = charges.find(here().world, number)
    if found is None or found.status != "PENDING":
        abort(404)
    return found


@blueprint.post("/admin/install")
def install() -> Response:
    tokens.install(here().world, here().app)
    return _answer(installed=True, to=f"/admin/apps/{here().app.handle}")


@blueprint.post("/admin/uninstall")
def uninstall() -> Response:
    """Remove the app; ``shop/redact`` follows 48 hours later unless it is installed again."""
    shop = here()
    world, client_id = shop.world, shop.app.client_id
    if tokens.uninstall(world, client_id):
        shop.deliveries.emit_later(
            "shop/redact",
            payloads.shop_redact(world),
            seconds=tokens.REDACT_AFTER.total_seconds(),
            unless=lambda: client_id in world.grants,
        )
    return _answer(installed=False, to="/admin")


@blueprint.post("/admin/id-token")
def id_token() -> Response:
    """A fresh ID token for whoever is signed in; the admin's page passes it to the frame."""
    if here().app.client_id not in here().world.grants:
        abort(403)
    token = tokens.mint_id_token(here().world, here().app, staff.signed_in().id, wall())
    response = jsonify(id_token=token)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/admin/scopes")
def scopes() -> Response:
    """What is granted, as App Bridge says it."""
    return jsonify(_scopes())


@blueprint.post("/admin/scopes")
def change_scopes() -> Response:
    """Scopes that the app declares as optional are granted, or taken back; the app is told."""
    world, app = here().world, here().app
    told = request.get_json()
    grant, revoke = told.get("grant", []), told.get("revoke", [])
    if not {*grant, *revoke} <= set(app.optional_scopes):
        raise Refused("Only scopes that the app declares as optional", code="NOT_OPTIONAL")
    if app.client_id not in world.grants:
        abort(403)
    with world.action():
        if grant:
            tokens.grant_optional(world, app.client_id, grant)
        if revoke:
            tokens.revoke_scopes(world, app.client_id, revoke)
    return jsonify(_scopes())


def _scopes() -> dict[str, list[str]]:
    app, grant = here().app, here().world.grants.get(here().app.client_id)
    return {
        "granted": list(grant.scopes) if grant else [],
        "required": list(app.scopes),
        "optional": list(app.optional_scopes),
    }


@blueprint.get("/shopifycloud/app-bridge.js")
def app_bridge() -> Response:
    assert blueprint.static_folder is not None
    return send_from_directory(blueprint.static_folder, "app-bridge.js", max_age=0)


def _frame_url(path: str) -> str:
    """The app's address with the admin's query, signed together with the page's own parameters.

    ``?locale=fa`` is a merchant who reads the admin in Persian.
    """
    shop = here()
    locale = request.args.get("locale", "en")
    signed = tokens.page_query(shop.world, shop.app, staff.signed_in().id, wall(), locale=locale)
    fields = {**dict(request.args.items()), **dict(parse_qsl(signed))}
    fields["hmac"] = tokens.query_hmac(fields, shop.app.signing_secret)
    return f"{shop.app.app_url}/{quote(path)}?{urlencode(sorted(fields.items()))}"


def _answer(*, installed: bool, to: str) -> Response:
    """A browser goes on to a page; a program gets JSON."""
    if request.accept_mimetypes.accept_html and "text/html" in str(request.accept_mimetypes):
        return redirect(to, 303)
    return jsonify(installed=installed)
