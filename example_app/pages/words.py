"""The words for codes: why something was refused or cancelled, and what a topic means."""

from __future__ import annotations

from collections.abc import Mapping

from handcart.errors import HandcartError

from .translate import Words, lazy_gettext

REFUSALS: Mapping[str, Words] = {
    "code_wrong": lazy_gettext("That is not the code of this order. Ask to see it again."),
    "code_locked": lazy_gettext(
        "Too many wrong codes. Try again in 15 minutes, or check an identity card."
    ),
    "code_missing": lazy_gettext("Type the code the customer shows."),
    "invalid_transition": lazy_gettext("This order has moved on meanwhile. Look at it again."),
    "stale_write": lazy_gettext("A colleague was faster. Look at the order again."),
    "reason_unknown": lazy_gettext("Choose why."),
    "units_none": lazy_gettext("Say how many."),
    "units_malformed": lazy_gettext("Say how many."),
    "units_too_many": lazy_gettext("There are not that many left."),
    "told_lately": lazy_gettext("The customer was written to within the last hour."),
    "extension_limit": lazy_gettext("This order cannot be kept any longer."),
    "pickup_held": lazy_gettext("The shop has put this order on hold."),
    "slot_full": lazy_gettext("Somebody else just took the last place. Choose another time."),
    "slot_unknown": lazy_gettext("Choose a time from the list."),
    "slot_too_late": lazy_gettext("The store does not keep it for so long."),
    "age_unchecked": lazy_gettext("For grown-ups only: check their age, then say so."),
    "manager_needed": lazy_gettext("Only a manager may do this. Ask one."),
    "last_manager": lazy_gettext("Somebody has to stay a manager."),
    "text_too_long": lazy_gettext("That is too long."),
    "handoff_unknown": lazy_gettext("This code is over. Ask the shopper for a new one."),
    "cart_unknown": lazy_gettext("This customer has nothing in a cart."),
    "handoff_used": lazy_gettext("This code was used already. Ask the shopper for a new one."),
    "household_unknown": lazy_gettext("This cart is not shared with you (any more)."),
    "household_link_unknown": lazy_gettext("This link is over. Ask for a new one."),
    "household_full": lazy_gettext("As many people as can share this cart already."),
    "too_many_links": lazy_gettext("Take back a link before you make another one."),
    "not_the_owner": lazy_gettext("Only who owns the cart can do that."),
    "only_looking": lazy_gettext("You can look at this cart, not change it."),
    "member_unknown": lazy_gettext("This person does not share the cart any more."),
    "role_unknown": lazy_gettext("Choose what the link is for."),
    "name_not_valid": lazy_gettext("Give a name of at most 40 letters."),
    "quantity_not_valid": lazy_gettext("Say how many."),
    "line_unknown": lazy_gettext("This line is not in the cart any more."),
    "cart_is_yours": lazy_gettext("Your own cart is the one that is shared."),
    "address_not_valid": lazy_gettext("Write an address like name@example.com."),
    "mails_off": lazy_gettext("This shop writes no mails."),
    "too_many_asked": lazy_gettext("Confirm what we mailed first, or try again later."),
    "too_many_watches": lazy_gettext("That is as much as we can tell you of. End something first."),
    "variant_unknown": lazy_gettext("The shop does not sell this any more."),
    "watch_of_nothing": lazy_gettext("Choose what we shall tell you."),
    "watch_unknown": lazy_gettext("We do not tell you of this any more."),
    "hours_malformed": lazy_gettext("Write opening hours like 09:00-13:00, 14:00-19:00."),
    "number_malformed": lazy_gettext("Write a whole number."),
    "rule_out_of_range": lazy_gettext("One of the numbers is too large or too small."),
    "capacity_unknown": lazy_gettext("Choose what a slot is limited in."),
    "time_malformed": lazy_gettext("Write a time like 14:30."),
    "day_malformed": lazy_gettext("Write a day like 2026-12-24."),
    "time_zone_unknown": lazy_gettext("There is no such time zone."),
    "pickup_time_unknown": lazy_gettext("Choose how soon."),
    "undone_already": lazy_gettext("This was taken back already."),
    "drift_changed": lazy_gettext("Something has been explained meanwhile. Look again."),
    "transfer_moved_on": lazy_gettext("A colleague was faster. Look again."),
    "stock_short": lazy_gettext("That store does not have enough any more."),
    "address_malformed": lazy_gettext("Fill in the whole address."),
    "substitute_gone": lazy_gettext("The store does not have enough of it any more."),
    "substitute_unknown": lazy_gettext("No one article has this SKU or barcode."),
    "substitute_same": lazy_gettext("That is what is missing. Name something else."),
    "substitutes_too_many": lazy_gettext("Name at most three."),
    "nothing_missing": lazy_gettext("Say how many of it are missing."),
    "collected_already": lazy_gettext("A part of it was handed over here already."),
    "reason_missing": lazy_gettext("Say why."),
    "hold_unknown": lazy_gettext("Nobody holds this any more."),
    "location_same": lazy_gettext("Choose another store."),
    "level_unknown": lazy_gettext("This store does not keep this item."),
    "correction_unknown": lazy_gettext("This was taken back already."),
    "count_malformed": lazy_gettext("Somebody changed it meanwhile. Look again."),
    "proxy_name_missing": lazy_gettext("Say who collects it."),
    "too_many_proxies": lazy_gettext("Three people at most. Take one back first."),
    "pickup_over": lazy_gettext("There is nothing left to collect."),
    "shopper_only": lazy_gettext("Only who ordered can do that."),
    "form_too_old": lazy_gettext("This page was open for too long. Please try once more."),
}
STAFF_REASONS: Mapping[str, Words] = {
    "customer_asked": lazy_gettext("The customer asked for it"),
    "out_of_stock": lazy_gettext("Not in stock after all"),
    "damaged": lazy_gettext("Damaged"),
    "never_came": lazy_gettext("Nobody came for it"),
    "other": lazy_gettext("Another reason"),
}
SHORTAGE_REASONS: Mapping[str, Words] = {
    "not_found": lazy_gettext("Not to be found"),
    "damaged": lazy_gettext("Damaged"),
    "mismatch": lazy_gettext("Something else lies in its place"),
}
ROLES: Mapping[str, Words] = {
    "picker": lazy_gettext("Picker"),
    "manager": lazy_gettext("Manager"),
}
CORRECTION_REASONS: Mapping[str, Words] = {
    "damaged": lazy_gettext("Damaged"),
    "lost": lazy_gettext("Lost or stolen"),
    "found": lazy_gettext("Found again"),
    "delivered": lazy_gettext("Delivered"),
    "returned": lazy_gettext("Brought back"),
    "mistake": lazy_gettext("A mistake before"),
    "other": lazy_gettext("Another reason"),
}
DISCREPANCY_REASONS: Mapping[str, Words] = {
    "lost": lazy_gettext("Lost or stolen"),
    "damaged": lazy_gettext("Damaged"),
    "miscounted": lazy_gettext("Counted wrongly"),
}
CHANNEL_WORDS: Mapping[str, Words] = {
    "online": lazy_gettext("Online, shipped"),
    "pickup": lazy_gettext("Online, collected"),
    "till": lazy_gettext("At the till"),
}
# Who holds something, by how a hold is called.
HOLDERS: Mapping[str, Words] = {
    "cart": lazy_gettext("a checkout"),
    "transfer": lazy_gettext("an order of another store"),
    "shipment": lazy_gettext("an order that is sent"),
    "substitute": lazy_gettext("an order that something else was missing of"),
    "bought": lazy_gettext("an order that was just placed"),
}
MOVEMENTS: Mapping[str, Words] = {
    "opening": lazy_gettext("Was there when the app came"),
    "ordered": lazy_gettext("Ordered"),
    "released": lazy_gettext("Ordered no more"),
    "handed_out": lazy_gettext("Handed over"),
    "sold": lazy_gettext("Sold at the till"),
    "returned": lazy_gettext("Brought back"),
    "counted": lazy_gettext("Counted by staff"),
    "corrected": lazy_gettext("Corrected by staff"),
    "undone": lazy_gettext("Taken back by staff"),
    "refused": lazy_gettext("Your shop refused it."),
    "sent": lazy_gettext("Sent to another store"),
    "received": lazy_gettext("Came from another store"),
    "told": lazy_gettext("Your shop said so"),
    "settled": lazy_gettext("Left unexplained by staff"),
    "closed": lazy_gettext("No longer kept here"),
}
# Why, where the kind of a movement does not say it.
MOVEMENT_REASONS: Mapping[str, Words] = {
    **CORRECTION_REASONS,
    "read": lazy_gettext("found by looking again"),
    "ordered": lazy_gettext("counterpart of an order"),
    "sold": lazy_gettext("counterpart of a sale"),
    "released": lazy_gettext("counterpart of an order"),
    "settled": lazy_gettext("counterpart of what was left unexplained"),
}
# What a card says of its state; nothing where the column says it already.
STATES: Mapping[str, Words] = {
    "escalated": lazy_gettext("Late"),
    "accepted": lazy_gettext("Accepted"),
    "picking": lazy_gettext("Being prepared"),
    "short": lazy_gettext("Something is missing"),
    "transfer": lazy_gettext("Asked of another store"),
    "inbound": lazy_gettext("On its way here"),
    "sending": lazy_gettext("Is to be sent"),
    "sent": lazy_gettext("Sent"),
    "substituting": lazy_gettext("Something else is put into the order"),
    "received": lazy_gettext("What was missing has come"),
    "partly_ready": lazy_gettext("Partly ready"),
    "on_my_way": lazy_gettext("On the way"),
    "here": lazy_gettext("Here now"),
    "partly_collected": lazy_gettext("Partly collected"),
    "expired": lazy_gettext("Not collected in time"),
}
CAPACITY_WORDS: Mapping[str, Words] = {
    "orders": lazy_gettext("orders"),
    "items": lazy_gettext("items"),
    "minutes": lazy_gettext("minutes of preparation"),
}
# The platform's words for how soon.
PICKUP_TIME_WORDS: Mapping[str, Words] = {
    "ONE_HOUR": lazy_gettext("Usually ready in 1 hour"),
    "TWO_HOURS": lazy_gettext("Usually ready in 2 hours"),
    "FOUR_HOURS": lazy_gettext("Usually ready in 4 hours"),
    "TWENTY_FOUR_HOURS": lazy_gettext("Usually ready in 24 hours"),
    "TWO_TO_FOUR_DAYS": lazy_gettext("Usually ready in 2 to 4 days"),
    "FIVE_OR_MORE_DAYS": lazy_gettext("Usually ready in 5 or more days"),
}
SHOPPER_REASONS: Mapping[str, Words] = {
    "changed_mind": lazy_gettext("You cancelled this order."),
    "customer_asked": lazy_gettext("The store cancelled it because you asked."),
    "out_of_stock": lazy_gettext("We are sorry: an item was not in stock after all."),
    "damaged": lazy_gettext("We are sorry: an item was damaged."),
    "never_came": lazy_gettext("It was not collected in time."),
    "order_edited": lazy_gettext("The store took everything off this order."),
}

TOPICS: Mapping[str, Words] = {
    "carts/create": lazy_gettext("New cart"),
    "carts/update": lazy_gettext("Cart changed"),
    "customers/merge": lazy_gettext("Two customers became one"),
    "orders/create": lazy_gettext("New order"),
    "orders/updated": lazy_gettext("Order changed"),
    "orders/cancelled": lazy_gettext("Order cancelled"),
    "orders/edited": lazy_gettext("Order edited"),
    "refunds/create": lazy_gettext("Order refunded"),
    "fulfillment_orders/order_routing_complete": lazy_gettext("Order assigned to a store"),
    "fulfillment_orders/moved": lazy_gettext("Order moved to another store"),
    "fulfillment_orders/split": lazy_gettext("Order split"),
    "fulfillment_orders/cancelled": lazy_gettext("A part of an order cancelled"),
    "fulfillment_orders/placed_on_hold": lazy_gettext("Order put on hold"),
    "fulfillment_orders/hold_released": lazy_gettext("Order no longer on hold"),
    "inventory_levels/update": lazy_gettext("Stock changed"),
    "products/update": lazy_gettext("Product changed"),
    "products/delete": lazy_gettext("Product deleted"),
    "app/uninstalled": lazy_gettext("App removed"),
    "customers/data_request": lazy_gettext("A customer asks for their data"),
    "customers/redact": lazy_gettext("A customer is to be forgotten"),
    "shop/redact": lazy_gettext("The shop is to be forgotten"),
}

TASKS: Mapping[str, Words] = {
    "prepare_for_pickup": lazy_gettext("Tell your shop that an order is ready"),
    "move_pickup": lazy_gettext("Tell your shop that another store has an order"),
    "split_pickup": lazy_gettext("Tell your shop that a part of an order is ready"),
    "fulfil": lazy_gettext("Tell your shop that an order is handed over"),
    "cancel_order": lazy_gettext("Cancel an order in your shop"),
    "cancel_fulfillment_order": lazy_gettext("Cancel a pickup in your shop"),
    "refund": lazy_gettext("Refund a part of an order in your shop"),
    "find_pickups": lazy_gettext("Look for the pickups of an order"),
    "pickup_timer": lazy_gettext("The time of an order has come"),
    "write_stock": lazy_gettext("Tell your shop of a count or correction"),
    "release_hold": lazy_gettext("Let go of what a checkout held"),
    "offer_pickup": lazy_gettext("Offer a store at your shop's checkout"),
    "end_pickup": lazy_gettext("Offer a store at your shop's checkout no more"),
    "watch_mail": lazy_gettext("Tell a shopper what they asked to be told"),
    "read_watched": lazy_gettext("Read what something costs in your shop"),
    "mirror_places": lazy_gettext("Read your shop's stores"),
    "mirror_shop": lazy_gettext("Read your shop's stores and stock"),
    "CartChanged": lazy_gettext("A cart changed"),
    "CartMerged": lazy_gettext("Two carts became one"),
    "CustomersMerged": lazy_gettext("Two customers became one"),
    "HouseholdJoined": lazy_gettext("Somebody shares a cart"),
    "HouseholdLeft": lazy_gettext("Somebody no longer shares a cart"),
    "CartSealed": lazy_gettext("A cart was bought"),
    "PickupRequested": lazy_gettext("A pickup is requested"),
    "PickupEscalated": lazy_gettext("Nobody has seen a pickup for too long"),
    "PickupShort": lazy_gettext("Something of a pickup is missing"),
    "PickupReady": lazy_gettext("A pickup is ready"),
    "PickupComing": lazy_gettext("A customer is on the way"),
    "PickupExtended": lazy_gettext("A pickup is kept for longer"),
    "PickupExpired": lazy_gettext("Nobody came for a pickup in time"),
    "PickupRestocked": lazy_gettext("A pickup is back on the shelf"),
    "PickupSent": lazy_gettext("A pickup is sent instead"),
    "PickupCollected": lazy_gettext("A pickup is collected"),
    "PickupCancelled": lazy_gettext("A pickup is cancelled"),
    "StockChanged": lazy_gettext("Stock changed"),
    "HoldReleased": lazy_gettext("What was held was let go by hand"),
    "StockShort": lazy_gettext("More was sold than lay there"),
    "ShopInstalled": lazy_gettext("The app was installed"),
    "ShopUninstalled": lazy_gettext("The app was removed"),
}
# What an export says, by its keys.
EXPORTED: Mapping[str, Words] = {
    "arrival": lazy_gettext("What they said of their arrival"),
    "asked_at": lazy_gettext("Asked"),
    "at": lazy_gettext("When"),
    "before": lazy_gettext("Before"),
    "bound_at": lazy_gettext("Signed in"),
    "by": lazy_gettext("Changed by"),
    "cart_id": lazy_gettext("Number"),
    "carts": lazy_gettext("Carts"),
    "changed_at": lazy_gettext("Last change"),
    "changes": lazy_gettext("Changes"),
    "cheaper_than": lazy_gettext("Told when the price, in hundredths, is below"),
    "created_at": lazy_gettext("Begun"),
    "customer_name": lazy_gettext("Name"),
    "device_id": lazy_gettext("Number"),
    "devices": lazy_gettext("Devices"),
    "ended_at": lazy_gettext("Signed out"),
    "goods": lazy_gettext("How the items looked"),
    "household_id": lazy_gettext("Number"),
    "households": lazy_gettext("Shared carts"),
    "items": lazy_gettext("Items"),
    "joined_at": lazy_gettext("Joined"),
    "left_at": lazy_gettext("Left"),
    "lines": lazy_gettext("Items"),
    "name": lazy_gettext("Order"),
    "now": lazy_gettext("Now"),
    "order_id": lazy_gettext("Number"),
    "order_name": lazy_gettext("Order"),
    "orders": lazy_gettext("Orders"),
    "pickup_id": lazy_gettext("Number"),
    "pickups": lazy_gettext("Pickups"),
    "properties": lazy_gettext("Wishes"),
    "quantity": lazy_gettext("Quantity"),
    "receipt": lazy_gettext("What joined this cart"),
    "requested_at": lazy_gettext("Ordered"),
    "saved_for_later": lazy_gettext("Saved for later"),
    "scarce": lazy_gettext("Told when it gets scarce"),
    "state": lazy_gettext("State"),
    "status": lazy_gettext("State"),
    "title": lazy_gettext("Item"),
    "updated_at": lazy_gettext("Last change"),
    "watch_id": lazy_gettext("Number"),
    "watches": lazy_gettext("What we tell them of"),
}
# What an erasure counted.
RECEIPTS: Mapping[str, Words] = {
    "carts": lazy_gettext("Carts"),
    "deliveries": lazy_gettext("News from your shop"),
    "devices": lazy_gettext("Devices"),
    "exports": lazy_gettext("Exports"),
    "households": lazy_gettext("Shared carts"),
    "orders": lazy_gettext("Orders"),
    "pickups": lazy_gettext("Pickups"),
    "watches": lazy_gettext("What we tell them of"),
}
NEWS: Mapping[str, Words] = {**TOPICS, **TASKS}
KINDS: Mapping[str, Words] = {
    "event": lazy_gettext("a fact, told to the app's own code"),
    "call": lazy_gettext("told to your shop"),
    "job": lazy_gettext("done by the app"),
    "timer": lazy_gettext("done by the app, later"),
    "handler": lazy_gettext("done by the app's own code"),
}

_UNREADABLE = lazy_gettext("It could not be read.")
_NOT_INSTALLED = lazy_gettext("It came while the app was not installed.")
_NO_ACCESS = lazy_gettext(
    "The app has lost its access to your shop. Opening the app gives it back."
)
_NO_ANSWER = lazy_gettext("Your shop did not answer.")
_WRONG = lazy_gettext("Something went wrong in the app.")
_WHY: Mapping[str, Words] = {
    "topic_unknown": lazy_gettext("The app does not know this kind of news."),
    "shop_unknown": _NOT_INSTALLED,
    "shop_uninstalled": _NOT_INSTALLED,
    "shop_mismatch": lazy_gettext("It names another shop."),
    "payload_invalid": _UNREADABLE,
    "payload_not_json": _UNREADABLE,
    "user_errors": lazy_gettext("Your shop refused it."),
    "not_installed": _NO_ACCESS,
    "token_refused": _NO_ACCESS,
    "no_answer": _NO_ANSWER,
    "answer_malformed": _NO_ANSWER,
    "throttled": _NO_ANSWER,
    "tokens_unavailable": _NO_ANSWER,
}


def reason_words(code: str) -> str:
    """Why a piece of news or a task rests, for people."""
    return _WHY.get(code, _WRONG).now()


def refusal(error: HandcartError) -> str:
    """Why not, for whoever looks at the page; unknown codes are not a page's to explain."""
    if error.code not in REFUSALS:
        raise error
    return REFUSALS[error.code].now()
