// As much of the platform's till as an extension sees: `shopify`, and fields and buttons by the
// names of its components. The till's cart is in `window.pos`.
(({ words, token }) => {
  const signal = (value) => {
    const heard = new Set();
    return {
      get value() { return value; },
      set(next) { value = next; heard.forEach((each) => each(next)); },
      subscribe(each) { heard.add(each); return () => heard.delete(each); },
    };
  };
  const empty = () => ({ lineItems: [], properties: {}, customer: undefined });
  const cart = signal(empty());
  const scanned = signal({});
  const put = (more) => cart.set({ ...cart.value, ...more });
  let number = 0;
  window.pos = { cart, scan: (data) => scanned.set({ data, source: "camera" }), toasts: [], gone: [] };
  window.shopify = {
    i18n: {
      translate: (key, values = {}) =>
        key.split(".").reduce((found, part) => found[part], words).replace(/{{(\w+)}}/g, (_, name) => values[name]),
    },
    action: { presentModal: () => (window.pos.presented = true) },
    toast: { show: (text) => window.pos.toasts.push(text) },
    scanner: { scannerData: { current: scanned } },
    cart: {
      current: cart,
      clearCart: async () => cart.set(empty()),
      addLineItem: async (variantId, quantity, { properties } = {}) => {
        if (window.pos.gone.includes(variantId)) throw new Error("not sold here");
        put({ lineItems: [...cart.value.lineItems, { uuid: String((number += 1)), variantId, quantity, properties, title: `Variant ${variantId}` }] });
      },
      addCartProperties: async (more) => put({ properties: { ...cart.value.properties, ...more } }),
      setCustomer: async (customer) => put({ customer }),
    },
  };
  const real = window.fetch;
  window.fetch = (path, options = {}) =>
    real(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } });

  customElements.define("s-text-field", class extends HTMLElement {
    connectedCallback() {
      const label = document.createElement("label");
      label.append(this.getAttribute("label"), document.createElement("input"));
      this.append(label);
    }
  });
  const said = (name, attribute) =>
    customElements.define(name, class extends HTMLElement {
      connectedCallback() { this.prepend(this.getAttribute(attribute)); }
    });
  said("s-banner", "heading");
  customElements.define("s-button", class extends HTMLElement {
    connectedCallback() { this.setAttribute("role", "button"); }
  });
})
