"""Webhook topics: ``orders/create`` on the wire, ``ORDERS_CREATE`` in the schema."""

from __future__ import annotations

# The nouns that a longer noun begins with come after it; all others end at the first underscore.
_NOUNS = (
    "app_purchases_one_time",
    "app_subscriptions",
    "audit_events",
    "bulk_operations",
    "collection_listings",
    "collection_publications",
    "company_contact_roles",
    "company_contacts",
    "company_locations",
    "customer_account_settings",
    "customer_groups",
    "customer_payment_methods",
    "customer_tags",
    "customers_email_marketing_consent",
    "customers_marketing_consent",
    "customers_whats_app_marketing_consent",
    "delivery_promise_settings",
    "draft_orders",
    "finance_app_staff_member",
    "finance_kyc_information",
    "fulfillment_events",
    "fulfillment_holds",
    "fulfillment_orders",
    "inventory_items",
    "inventory_levels",
    "inventory_shipments",
    "inventory_transfers",
    "metafield_definitions",
    "order_transactions",
    "payment_schedules",
    "payment_terms",
    "product_feeds",
    "product_listings",
    "product_publications",
    "reverse_deliveries",
    "reverse_fulfillment_orders",
    "scheduled_product_listings",
    "selling_plan_groups",
    "shipping_addresses",
    "subscription_billing_attempts",
    "subscription_billing_cycle_edits",
    "subscription_billing_cycles",
    "subscription_contracts",
    "tax_services",
    "tender_transactions",
)


def topic_enum(topic: str) -> str:
    return topic.replace("/", "_").upper()


def topic_name(enum: str) -> str:
    """The slash form: the noun is one of the long ones, or the first word."""
    name = enum.lower()
    noun = next((each for each in _NOUNS if name.startswith(f"{each}_")), name.partition("_")[0])
    return f"{noun}/{name[len(noun) + 1 :]}"
