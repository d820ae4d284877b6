"""How each type of thing answers, field by field, where its attribute does not say it."""

from __future__ import annotations

from .customers import CUSTOMER
from .drafts import DRAFT_ORDER
from .edits import CALCULATED_LINE, CALCULATED_ORDER, EDIT_SESSION
from .fulfillment import FULFILLMENT, FULFILLMENT_LINE, FULFILLMENT_ORDER, FULFILLMENT_ORDER_LINE
from .installation import BULK_OPERATION, CHARGE, INSTALLATION, PIXEL, SUBSCRIPTION
from .locations import LOCATION, METAFIELD
from .orders import LINE_ITEM, ORDER, REFUND, SHIPPING_LINE, STAFF
from .readers import Reader
from .shop import SHOP
from .stock import ITEM, LEVEL, PRODUCT, QUANTITY, VARIANT

READERS: dict[str, dict[str, Reader]] = {
    "AppInstallation": INSTALLATION,
    "AppSubscription": CHARGE,
    "BulkOperation": BULK_OPERATION,
    "CalculatedLineItem": CALCULATED_LINE,
    "CalculatedOrder": CALCULATED_ORDER,
    "Customer": CUSTOMER,
    "DraftOrder": DRAFT_ORDER,
    "Fulfillment": FULFILLMENT,
    "FulfillmentLineItem": FULFILLMENT_LINE,
    "FulfillmentOrder": FULFILLMENT_ORDER,
    "FulfillmentOrderLineItem": FULFILLMENT_ORDER_LINE,
    "InventoryItem": ITEM,
    "InventoryLevel": LEVEL,
    "InventoryQuantity": QUANTITY,
    "LineItem": LINE_ITEM,
    "Location": LOCATION,
    "Metafield": METAFIELD,
    "Order": ORDER,
    "OrderEditSession": EDIT_SESSION,
    "Product": PRODUCT,
    "ProductVariant": VARIANT,
    "Refund": REFUND,
    "ShippingLine": SHIPPING_LINE,
    "Shop": SHOP,
    "StaffMember": STAFF,
    "WebPixel": PIXEL,
    "WebhookSubscription": SUBSCRIPTION,
}
