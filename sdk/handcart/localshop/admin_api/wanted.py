"""Which part of the real Admin schema the local platform serves.

A field's arguments are left out unless they are required or listed after it: ``(*)`` keeps all of
them. Input objects, enums and scalars come along whole, because they are reached from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAGE = "after before first last reverse"

FIELDS = {
    "QueryRoot": f"""
        shop location(id) locations({_PAGE} includeInactive query sortKey)
        product(id) products({_PAGE} query sortKey)
        productVariant(id) productVariants({_PAGE} query sortKey)
        inventoryItem(id) inventoryItems({_PAGE} query) inventoryLevel(id)
        customer(id) customers({_PAGE} query sortKey) draftOrder(id)
        order(id) orders({_PAGE} query sortKey)
        fulfillment(id) fulfillmentOrder(id)
        fulfillmentOrders({_PAGE} includeClosed query sortKey)
        webhookSubscription(id)
        webhookSubscriptions({_PAGE} format query sortKey topics uri)
        bulkOperation(id) currentAppInstallation node(id) nodes(ids) webPixel(id)
    """,
    "Mutation": """
        appRevokeAccessScopes(*) appSubscriptionCancel(*)
        appSubscriptionCreate(*) bulkOperationCancel(*)
        bulkOperationRunMutation(*) bulkOperationRunQuery(*) stagedUploadsCreate(*)
        draftOrderComplete(*) draftOrderCreate(*)
        fulfillmentCreate(*) fulfillmentOrderCancel(*) fulfillmentOrderLineItemsPreparedForPickup(*)
        fulfillmentOrderMove(id newLocationId) fulfillmentOrderSplit(*)
        inventoryAdjustQuantities(*) inventorySetQuantities(*)
        locationLocalPickupDisable(*) locationLocalPickupEnable(*)
        metafieldsSet(*) orderCancel(*) orderEditAddLineItemDiscount(*) orderEditAddVariant(*)
        orderEditBegin(*) orderEditCommit(*) orderEditSetQuantity(*) refundCreate(*)
        webPixelCreate(*) webPixelDelete(*) webPixelUpdate(*) webhookSubscriptionCreate(*)
        webhookSubscriptionDelete(*) webhookSubscriptionUpdate(*)
    """,
    "Node": "id",
    "LegacyInteroperability": "legacyResourceId",
    "DisplayableError": "field message",
    "UserError": "field message",
    "PageInfo": "endCursor hasNextPage hasPreviousPage startCursor",
    "Shop": """
        contactEmail createdAt currencyCode email enabledPresentmentCurrencies ianaTimezone id
        myshopifyDomain name primaryDomain shopAddress shopOwnerName taxesIncluded
        timezoneAbbreviation timezoneOffset timezoneOffsetMinutes updatedAt url
    """,
    "Domain": "host id sslEnabled url",
    "ShopAddress": "address1 city country countryCodeV2 formatted id phone zip",
    "Location": f"""
        address createdAt fulfillsOnlineOrders hasActiveInventory id inventoryLevel(inventoryItemId)
        inventoryLevels({_PAGE} query) isActive isFulfillmentService legacyResourceId
        localPickupSettingsV2 metafield(*) metafields({_PAGE} namespace) name shipsInventory
        updatedAt
    """,
    "LocationAddress": """
        address1 address2 city country countryCode formatted latitude longitude phone zip
    """,
    "DeliveryLocalPickupSettings": "instructions pickupTime",
    "Metafield": """
        createdAt id jsonValue key legacyResourceId namespace ownerType type updatedAt value
    """,
    "Product": f"""
        createdAt description descriptionHtml handle hasOnlyDefaultVariant id legacyResourceId
        productType publishedAt status tags title totalInventory tracksInventory updatedAt
        variants({_PAGE} sortKey) vendor
    """,
    "ProductVariant": """
        availableForSale barcode compareAtPrice createdAt displayName id inventoryItem
        inventoryPolicy inventoryQuantity legacyResourceId position price product selectedOptions
        sellableOnlineQuantity sku taxable title updatedAt
    """,
    "SelectedOption": "name value",
    "InventoryItem": f"""
        createdAt id inventoryLevel(locationId) inventoryLevels({_PAGE} query) legacyResourceId
        requiresShipping sku tracked updatedAt variants(after before first last)
    """,
    "InventoryLevel": "createdAt id isActive item location quantities(*) updatedAt",
    "InventoryQuantity": "id name quantity updatedAt",
    "Customer": f"""
        createdAt defaultAddress defaultEmailAddress defaultPhoneNumber displayName email firstName
        id lastName legacyResourceId locale note numberOfOrders orders({_PAGE} query sortKey) phone
        state tags taxExempt updatedAt verifiedEmail
    """,
    "CustomerEmailAddress": "emailAddress validFormat",
    "CustomerPhoneNumber": "phoneNumber",
    "MailingAddress": """
        address1 address2 city company country countryCodeV2 firstName formatted id lastName name
        phone province provinceCode zip
    """,
    "Order": f"""
        billingAddress cancelReason cancelledAt cartToken checkoutToken closed closedAt
        confirmationNumber confirmed createdAt currencyCode currentSubtotalLineItemsQuantity
        currentSubtotalPriceSet currentTotalPriceSet customAttributes customer customerLocale
        displayFinancialStatus displayFulfillmentStatus email fulfillable
        fulfillmentOrders({_PAGE} query) fulfillments(first) fullyPaid id legacyResourceId
        lineItems({_PAGE}) name note number originalTotalPriceSet paymentGatewayNames phone
        presentmentCurrencyCode processedAt requiresShipping retailLocation shippingAddress
        shippingLine shippingLines({_PAGE}) sourceIdentifier sourceName staffMember statusPageUrl
        subtotalLineItemsQuantity subtotalPriceSet suggestedRefund(refundLineItems) tags
        taxesIncluded test totalOutstandingSet
        totalPriceSet totalReceivedSet totalRefundedSet totalShippingPriceSet totalTaxSet
        transactions(first) unpaid
        updatedAt
    """,
    "LineItem": """
        currentQuantity customAttributes discountedTotalSet discountedUnitPriceSet id isGiftCard
        name originalTotalSet originalUnitPriceSet product quantity refundableQuantity
        requiresShipping sellingPlan sku staffMember taxable title unfulfilledQuantity variant
        variantTitle vendor
    """,
    "LineItemSellingPlan": "name sellingPlanId",
    "Attribute": "key value",
    "MoneyBag": "presentmentMoney shopMoney",
    "MoneyV2": "amount currencyCode",
    "ShippingLine": "carrierIdentifier code id isRemoved originalPriceSet source title",
    "StaffMember": "active email exists firstName id isShopOwner lastName name",
    "FulfillmentOrder": f"""
        assignedLocation createdAt deliveryMethod destination fulfillAt fulfillments({_PAGE}) id
        lineItems({_PAGE}) order orderId orderName orderProcessedAt requestStatus status
        supportedActions updatedAt
    """,
    "FulfillmentOrderAssignedLocation": "address1 city countryCode location name phone zip",
    "FulfillmentOrderDestination": """
        address1 address2 city company countryCode email firstName id lastName location phone zip
    """,
    "FulfillmentOrderLineItem": """
        id inventoryItemId lineItem productTitle remainingQuantity requiresShipping sku
        totalQuantity variant variantTitle vendor
    """,
    "FulfillmentOrderSupportedAction": "action externalUrl",
    "DeliveryMethod": "additionalInformation id methodType presentedName serviceCode",
    "DeliveryMethodAdditionalInformation": "instructions phone",
    "Fulfillment": f"""
        createdAt displayStatus fulfillmentLineItems({_PAGE}) fulfillmentOrders({_PAGE}) id
        legacyResourceId location name order requiresShipping status totalQuantity trackingInfo
        updatedAt
    """,
    "FulfillmentLineItem": "id lineItem quantity",
    "FulfillmentTrackingInfo": "company number url",
    "WebhookSubscription": """
        apiVersion createdAt filter format id includeFields legacyResourceId metafieldNamespaces
        name topic updatedAt uri
    """,
    "ApiVersion": "displayName handle supported",
    "AppInstallation": "accessScopes activeSubscriptions app id",
    "AppSubscription": """
        createdAt currentPeriodEnd id name returnUrl status test trialDays
    """,
    "AppRevokeAccessScopesPayload": "*",
    "AppRevokeAccessScopesAppRevokeScopeError": "*",
    "AppSubscriptionCreatePayload": "*",
    "BulkOperation": """
        completedAt createdAt errorCode fileSize id objectCount partialDataUrl query
        rootObjectCount status type url
    """,
    "BulkOperationCancelPayload": "*",
    "BulkOperationRunMutationPayload": "*",
    "BulkOperationRunQueryPayload": "*",
    "BulkMutationUserError": "*",
    "BulkOperationUserError": "*",
    "StagedUploadsCreatePayload": "*",
    "StagedMediaUploadTarget": "parameters resourceUrl url",
    "StagedUploadParameter": "name value",
    "AppSubscriptionCancelPayload": "*",
    "AccessScope": "description handle",
    "App": "apiKey handle id title",
    "Job": "done id",
    "InventoryAdjustmentGroup": "changes(*) createdAt id reason referenceDocumentUri",
    "InventoryChange": "delta item ledgerDocumentUri location name quantityAfterChange",
    "FulfillmentCreatePayload": "*",
    "FulfillmentOrderCancelPayload": "*",
    "FulfillmentOrderCancelError": "*",
    "FulfillmentOrderLineItemsPreparedForPickupPayload": "*",
    "FulfillmentOrderLineItemsPreparedForPickupUserError": "*",
    "FulfillmentOrderMovePayload": "*",
    "FulfillmentOrderMoveFulfillmentOrderMoveUserError": "*",
    "FulfillmentOrderSplitPayload": "*",
    "FulfillmentOrderSplitResult": "*",
    "FulfillmentOrderSplitUserError": "*",
    "InventoryAdjustQuantitiesPayload": "*",
    "InventoryAdjustQuantitiesUserError": "*",
    "InventorySetQuantitiesPayload": "*",
    "InventorySetQuantitiesUserError": "*",
    "LocationLocalPickupDisablePayload": "*",
    "LocationLocalPickupEnablePayload": "*",
    "DeliveryLocationLocalPickupSettingsError": "*",
    "MetafieldsSetPayload": "*",
    "MetafieldsSetUserError": "*",
    "OrderCancelPayload": "job orderCancelUserErrors userErrors",
    "OrderCancelUserError": "*",
    "DraftOrder": "id name order status tags",
    "DraftOrderCompletePayload": "*",
    "DraftOrderCreatePayload": "*",
    "CalculatedLineItem": """
        discountedUnitPriceSet editableQuantity id originalUnitPriceSet quantity sku title variant
        variantTitle
    """,
    "CalculatedOrder": f"""
        addedLineItems({_PAGE}) id lineItems({_PAGE}) originalOrder totalOutstandingSet
    """,
    "OrderEditAddLineItemDiscountPayload": """
        calculatedLineItem calculatedOrder orderEditSession userErrors
    """,
    "OrderEditAddVariantPayload": "*",
    "OrderEditBeginPayload": "*",
    "OrderEditCommitPayload": "*",
    "OrderEditSession": "id",
    "OrderEditSetQuantityPayload": "*",
    "OrderTransaction": "amountSet gateway id kind status",
    "Refund": "createdAt id legacyResourceId note order totalRefundedSet updatedAt",
    "RefundCreatePayload": "*",
    "SuggestedRefund": "amountSet subtotalSet suggestedTransactions",
    "SuggestedOrderTransaction": "amountSet gateway kind parentTransaction",
    "WebPixel": "*",
    "WebPixelCreatePayload": "*",
    "WebPixelDeletePayload": "*",
    "WebPixelUpdatePayload": "*",
    "ErrorsWebPixelUserError": "*",
    "WebhookSubscriptionCreatePayload": "*",
    "WebhookSubscriptionDeletePayload": "*",
    "WebhookSubscriptionUpdatePayload": "*",
}

# Served whole wherever they are reached: a connection's edges, nodes and page info.
CONNECTION = re.compile(r"[A-Za-z]+(Connection|Edge)")
_FIELD = re.compile(r"([A-Za-z0-9_*]+)(?:\(([^)]*)\))?")


@dataclass(frozen=True, slots=True)
class WantedField:
    """``arguments`` None keeps all of them; required ones are always kept."""

    name: str
    arguments: frozenset[str] | None = frozenset()


def wanted(type_name: str) -> dict[str, WantedField] | None:
    """The wanted fields by name, or None for all of them with all their arguments."""
    text = FIELDS.get(type_name, "*")
    fields = {}
    for name, arguments in _FIELD.findall(text):
        kept = None if arguments == "*" else frozenset(arguments.split())
        fields[name] = WantedField(name, kept)
    return None if "*" in fields else fields
