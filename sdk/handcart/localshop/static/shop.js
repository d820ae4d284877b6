// What every online store puts on the page before anything else runs: consent, and the standard
// actions on the cart. The rest of window.Shopify is written by the layout.
(() => {
  const kept = "handcart-local-consent";
  const read = () => JSON.parse(localStorage.getItem(kept) || "{}");
  const allowed = (purpose) => read()[purpose] !== false;
  window.Shopify.customerPrivacy = {
    shouldShowBanner: () => false,
    currentVisitorConsent: () => {
      const given = read();
      const word = (purpose) => (given[purpose] === undefined ? "" : given[purpose] ? "yes" : "no");
      return { marketing: word("marketing"), analytics: word("analytics"), preferences: word("preferences"), sale_of_data: word("sale_of_data") };
    },
    analyticsProcessingAllowed: () => allowed("analytics"),
    marketingAllowed: () => allowed("marketing"),
    preferencesProcessingAllowed: () => allowed("preferences"),
    saleOfDataAllowed: () => allowed("sale_of_data"),
    setTrackingConsent: (consent, done) => {
      localStorage.setItem(kept, JSON.stringify({ ...read(), ...consent }));
      document.dispatchEvent(new CustomEvent("visitorConsentCollected", { detail: read() }));
      if (done) done();
    },
  };
  window.Shopify.loadFeatures = (features, done) => done && done();
  const post = (path, body) =>
    fetch(window.Shopify.routes.root + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).then((answer) => answer.json());
  window.Shopify.actions = {
    getCart: () => fetch(window.Shopify.routes.root + "cart.js").then((answer) => answer.json()),
    openCart: () => { location.href = window.Shopify.routes.root + "cart"; },
    updateCart: async ({ lines = [], attributes }) => {
      const updates = Object.fromEntries(lines.map((line) => [line.id || line.merchandiseId, line.quantity]));
      const cart = await post("cart/update.js", attributes ? { updates, attributes } : { updates });
      document.dispatchEvent(new CustomEvent("shopify:cart:lines-update", { bubbles: true, detail: { cart } }));
      return cart;
    },
  };
})();
