"""Who works in the stores: managers say who is a manager, and who prepares and hands over."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from handcart.errors import HandcartError
from handcart.staff import Role, service
from handcart.staff.model import role_among, role_for
from handcart.web import handcart
from handcart.web.embedded import merchant_required

from .addresses import merchant_url
from .looking import look
from .words import ROLES, refusal

blueprint = Blueprint("staff", __name__)


@blueprint.get("/staff")
@merchant_required
def staff() -> ResponseReturnValue:
    return _page()


@blueprint.post("/staff/<int:user_id>")
@merchant_required
def give_role(user_id: int) -> ResponseReturnValue:
    app = handcart()
    try:
        with app.db.writing() as work:
            service.give_role(
                work,
                g.merchant.shop,
                user_id,
                role=role_for(request.form.get("role", "")),
                name=request.form.get("name", ""),
                by=g.merchant.user_id,
                at=app.clock(),
            )
    except HandcartError as error:
        return _page(refused=refusal(error)), error.status
    return redirect(merchant_url("staff.staff"), 303)


def remember() -> None:
    """Whoever looks can be given a role from now on."""
    app = handcart()
    with app.db.reading() as view:
        known = {member.user_id for member in service.members(view, g.merchant.shop)}
    if g.merchant.user_id not in known:
        with app.db.writing() as work:
            service.seen(work, g.merchant.shop, g.merchant.user_id, at=app.clock())


def _page(refused: str = "") -> str:
    look(g.merchant.shop)
    remember()
    with handcart().db.reading() as view:
        members = service.members(view, g.merchant.shop)
    return render_template(
        "staff.html",
        members=[(member, role_among(members, member.user_id)) for member in members],
        roles=ROLES,
        manages=role_among(members, g.merchant.user_id) is Role.MANAGER,
        refused=refused,
    )
