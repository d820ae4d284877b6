"""How an edit that is being put together answers: the order as it would be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...editing import outstanding
from ...gids import gid
from ...world import AddedLine, LineItem, OrderEdit
from ..call import Call
from ..lists import plain_page
from ..pages import Page, Window
from .readers import Reader, in_money, money, number


@dataclass(frozen=True, slots=True)
class Calculated:
    """The order of ``edit`` as it would be after the commit."""

    edit: OrderEdit


@dataclass(frozen=True, slots=True)
class CalculatedLine:
    """A line as it would be; ``id`` is the order line's own, or that of what is added."""

    id: int
    variant_id: int
    quantity: int
    editable: int
    price: int
    discount: int


def of_line(edit: OrderEdit, line: LineItem) -> CalculatedLine:
    now = edit.quantities.get(line.id, line.current)
    editable = now - (line.current - line.fulfillable)
    return CalculatedLine(line.id, line.variant_id, now, editable, line.price, line.discount)


def of_added(added: AddedLine) -> CalculatedLine:
    units = added.quantity
    return CalculatedLine(added.id, added.variant_id, units, units, added.price, added.discount)


def _lines(order: Calculated, call: Call, **window: Any) -> Page:
    sold = call.world.orders[order.edit.order_id].lines
    return plain_page([of_line(order.edit, line) for line in sold], Window(**window))


def _added(order: Calculated, call: Call, **window: Any) -> Page:
    return plain_page([of_added(one) for one in order.edit.added], Window(**window))


CALCULATED_ORDER: dict[str, Reader] = {
    "id": lambda order, call: gid("CalculatedOrder", order.edit.id),
    "added_line_items": _added,
    "line_items": _lines,
    "original_order": lambda order, call: call.world.orders[order.edit.order_id],
    "total_outstanding_set": lambda order, call: money(outstanding(call.world, order.edit), call),
}


def _variant(line: CalculatedLine, call: Call) -> Any:
    return call.world.variants.get(line.variant_id)


def _title(line: CalculatedLine, call: Call) -> str:
    variant = call.world.variants[line.variant_id]
    return call.world.products[variant.product_id].title


def _variant_title(line: CalculatedLine, call: Call) -> str | None:
    title = call.world.variants[line.variant_id].title
    return None if title == "Default Title" else title


CALCULATED_LINE: dict[str, Reader] = {
    "id": number("CalculatedLineItem"),
    "discounted_unit_price_set": in_money(lambda line: line.price - line.discount),
    "editable_quantity": lambda line, call: line.editable,
    "original_unit_price_set": in_money(lambda line: line.price),
    "sku": lambda line, call: call.world.variants[line.variant_id].sku,
    "title": _title,
    "variant": _variant,
    "variant_title": _variant_title,
}

EDIT_SESSION: dict[str, Reader] = {"id": number("OrderEditSession")}
