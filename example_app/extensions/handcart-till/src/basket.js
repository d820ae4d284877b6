// The till's cart: filled with a shopper's lines, and read back as lines.
export const SALE = "_handcart_sale";

const current = () => shopify.cart.current.value;

// What the till cannot sell (a variant that is gone) is left out, and counted.
export const fill = async ({ lines, attributes, customer_id }) => {
  await shopify.cart.clearCart();
  let left = 0;
  for (const line of lines) {
    try {
      await shopify.cart.addLineItem(line.variant_id, line.quantity, { properties: line.properties });
    } catch {
      left += 1;
    }
  }
  await shopify.cart.addCartProperties(attributes);
  if (customer_id) await shopify.cart.setCustomer({ id: customer_id });
  return left;
};

export const lines = () =>
  current()
    .lineItems.filter((line) => line.variantId)
    .map((line) => ({
      variant_id: line.variantId,
      quantity: line.quantity,
      properties: line.properties || {},
      title: (line.title || "").slice(0, 300),
    }));

export const sale = () => (current().properties || {})[SALE] || "";
