// The page's side of web pixels: a worker for each, once the visitor agrees to what it is for, and
// the standard customer events of this page.
(() => {
  const told = JSON.parse(document.getElementById("web-pixels").textContent);
  const privacy = window.Shopify.customerPrivacy;
  const asks = {
    analytics: privacy.analyticsProcessingAllowed,
    marketing: privacy.marketingAllowed,
    preferences: privacy.preferencesProcessingAllowed,
    sale_of_data: privacy.saleOfDataAllowed,
  };
  const events = [];
  const running = new Map();
  const areas = { localStorage, sessionStorage };

  const start = (pixel) => {
    const worker = new Worker(pixel.src, { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      // A pixel's storage is its own: it reads no other key of the shop's.
      const [key, ...rest] = data.args;
      const value = areas[data.area][data.method](`web-pixel:${pixel.src}:${key}`, ...rest);
      worker.postMessage({ answer: data.ask, value: value === undefined ? null : value });
    });
    worker.postMessage({ begin: { settings: pixel.settings, init: { context: {}, data: { shop: { myshopifyDomain: window.Shopify.shop } } } } });
    for (const event of events) worker.postMessage({ event });
    running.set(pixel, worker);
  };
  const agreed = (pixel) => pixel.purposes.every((purpose) => asks[purpose]());
  const look = () => {
    for (const pixel of told.pixels) {
      const worker = running.get(pixel);
      if (agreed(pixel) && !worker) start(pixel);
      if (!agreed(pixel) && worker) { worker.terminate(); running.delete(pixel); }
    }
  };

  const publish = (name, data = {}) => {
    const event = { id: crypto.randomUUID(), name, type: "standard", timestamp: new Date().toISOString(), context: {}, data };
    events.push(event);
    for (const worker of running.values()) worker.postMessage({ event });
  };

  publish("page_viewed");
  if (told.kind === "cart") publish("cart_viewed");
  if (told.kind === "checkout") publish("checkout_started");
  if (told.sold) publish("checkout_completed");
  document.addEventListener("web-pixels:added", () => publish("product_added_to_cart"));
  document.addEventListener("visitorConsentCollected", look);
  look();
})();
