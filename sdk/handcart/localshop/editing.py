"""Editing an order that was placed: fewer units of what it has, and more of something else.

shopify.dev, "Edit existing orders": an edit is put together step by step and changes nothing
before it is committed. What is added joins the order's open fulfillment order at its location, or
gets one of its own; no page of shopify.dev says which, so whoever edits has to read it back.
"""

from __future__ import annotations

from . import fulfilment, inventory, orders, payloads, refunds
from .refusals import Refused
from .world import AddedLine, LineItem, Order, OrderEdit, OrderLine, World


def begin(world: World, order_id: int) -> OrderEdit:
    """An edit of the order that has changed nothing yet."""
    with world.action():
        order = world.orders.get(order_id)
        if order is None:
            raise Refused("The order does not exist.", code="NOT_FOUND", field=("id",))
        if order.cancelled_at:
            raise Refused("The order cannot be edited.", code="INVALID", field=("id",))
        edit = OrderEdit(world.next_id("order_edit"), order_id)
        world.edits[edit.id] = edit
        return edit


def set_quantity(
    world: World, edit_id: int, line_id: int, quantity: int, *, restock: bool
) -> OrderEdit:
    """The line is to have that many units: as many as it has, or fewer that nobody was handed."""
    with world.action():
        edit = find(world, edit_id)
        order = world.orders[edit.order_id]
        line = next((line for line in order.lines if line.id == line_id), None)
        if line is None:
            raise Refused("The line item does not exist.", code="INVALID", field=("lineItemId",))
        if not line.current - line.fulfillable <= quantity <= line.current:
            raise Refused("The quantity cannot be set.", code="INVALID", field=("quantity",))
        edit.quantities[line_id] = quantity
        edit.restocked.discard(line_id)
        if restock:
            edit.restocked.add(line_id)
        return edit


def add_variant(
    world: World, edit_id: int, variant_id: int, quantity: int, *, location_id: int | None
) -> AddedLine:
    """Units that are to be added, at their price of now; the location has to have them."""
    with world.action():
        edit = find(world, edit_id)
        variant = world.variants.get(variant_id)
        if variant is None:
            raise Refused("The variant does not exist.", code="INVALID", field=("variantId",))
        if quantity < 1:
            raise Refused("Quantity must be positive.", code="INVALID", field=("quantity",))
        wanted = {variant.inventory_item_id: quantity}
        place = location_id or inventory.place_with_stock(world, wanted)
        if place not in world.locations or inventory.missing_at(world, place, wanted):
            raise Refused("There is not enough of it.", code="INVALID", field=("quantity",))
        number = world.next_id("calculated_line")
        added = AddedLine(number, variant_id, quantity, place, variant.price)
        edit.added.append(added)
        return added


def discount(world: World, edit_id: int, added_id: int, off: int) -> AddedLine:
    """``off`` minor units less for each unit of an added line, at most its price."""
    with world.action():
        edit = find(world, edit_id)
        added = next((one for one in edit.added if one.id == added_id), None)
        if added is None:
            raise Refused("The line item does not exist.", code="INVALID", field=("lineItemId",))
        if not 0 < off <= added.price:
            raise Refused("The discount is not valid.", code="INVALID", field=("discount",))
        added.discount = off
        return added


def outstanding(world: World, edit: OrderEdit) -> int:
    """What the customer would owe after the commit; below 0 what would be owed to them."""
    order = world.orders[edit.order_id]
    owed = order.outstanding
    for line_id, quantity in edit.quantities.items():
        line = order.line(line_id)
        owed -= line.unit_price * (line.current - quantity)
    return owed + sum((one.price - one.discount) * one.quantity for one in edit.added)


def commit(world: World, edit_id: int, *, note: str = "") -> Order:
    """The order is as the edit says; sends ``orders/edited``, ``orders/updated`` and levels."""
    with world.action():
        edit = find(world, edit_id)
        order = world.orders[edit.order_id]
        order.updated_at = world.stamp(order.updated_at)
        new = [_join(world, order, one) for one in edit.added]
        fewer = _remove(world, order, edit)
        del world.edits[edit_id]
        world.emit("orders/edited", payloads.order_edited(world, edit, new, note))
        world.emit("orders/updated", payloads.order(world, order))
        for one in edit.added:
            item_id = world.variants[one.variant_id].inventory_item_id
            inventory.move(
                world, item_id, one.location_id, available=-one.quantity, committed=one.quantity
            )
        for (item_id, location_id), (units, back) in fewer.items():
            inventory.move(world, item_id, location_id, available=back, committed=-units)
        return order


def find(world: World, edit_id: int) -> OrderEdit:
    edit = world.edits.get(edit_id)
    if edit is None:
        raise Refused("The edit does not exist.", code="NOT_FOUND", field=("id",))
    return edit


def _join(world: World, order: Order, added: AddedLine) -> LineItem:
    line = orders.line_item(world, OrderLine(added.variant_id, added.quantity))
    line.price, line.discount, line.added = added.price, added.discount, True
    order.lines.append(line)
    fulfilment.join(world, order, line, location_id=added.location_id)
    return line


def _remove(world: World, order: Order, edit: OrderEdit) -> dict[tuple[int, int], tuple[int, int]]:
    """(item, location) to the units that leave, and how many of them are available again."""
    fewer: dict[tuple[int, int], tuple[int, int]] = {}
    for line_id, quantity in edit.quantities.items():
        line = order.line(line_id)
        units = line.current - quantity
        line.current -= units
        line.fulfillable -= units
        for key, count in refunds.take_off(world, order, {line_id: units}).items():
            gone, back = fewer.get(key, (0, 0))
            fewer[key] = gone + count, back + (count if line_id in edit.restocked else 0)
    return fewer
