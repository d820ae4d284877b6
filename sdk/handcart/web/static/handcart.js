// Handcart on the storefront: this browser's cart follows the shopper.
//
// It reads the platform's cart, reports it to the app through the app proxy, and writes what the
// app answers. What it wrote is marked in the cart itself (attribute `_handcart`), in the same call:
// the mark survives a closed page, a second tab and a browser that keeps nothing. The app decides
// everything; see handcart/carts/platform_cart.py. handcart/testing/script.py does the same steps.
(() => {
  "use strict";
  if (window.handcart) return;
  const tag = document.currentScript || document.querySelector("script[data-handcart]");
  const said = (tag && tag.dataset) || {};
  const root = (window.Shopify && Shopify.routes && Shopify.routes.root) || "/";
  const proxy = said.proxy || root + "apps/handcart";
  const MARK = "_handcart";
  const ROUNDS = 8;
  const CART_CALL = /\/cart\/(add|update|change|clear)(\.js)?(\?|$)/;

  // --- what this browser keeps of us; a private window keeps it for the page only -------------
  let kept = {};
  const load = () => {
    try {
      return (kept = JSON.parse(localStorage.getItem("handcart")) || kept);
    } catch {
      return kept;
    }
  };
  const keep = (more) => {
    kept = { ...load(), ...more };
    try {
      localStorage.setItem("handcart", JSON.stringify(kept));
    } catch {
      /* full or forbidden: the mark in the cart is enough to go on */
    }
  };
  const forget = () => {
    kept = {};
    for (const name of ["localStorage", "sessionStorage"]) {
      try {
        window[name].removeItem("handcart");
      } catch {
        /* nothing was kept there */
      }
    }
  };

  // --- the wire -------------------------------------------------------------------------------
  const within = (milliseconds) =>
    window.AbortSignal && AbortSignal.timeout ? { signal: AbortSignal.timeout(milliseconds) } : {};
  const ask = (url, body) =>
    fetch(url, {
      credentials: "same-origin",
      cache: "no-store",
      headers: { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
      ...within(12000),
    });
  const json = async (url, body) => {
    const answer = await ask(url, body);
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    return answer.json();
  };
  const readCart = () => json(`${root}cart.js?handcart=1`);
  // True when the platform took it, false when it refuses (stock, unknown variant).
  const call = async (name, body) => {
    const answer = await ask(`${root}cart/${name}.js?handcart=1`, body);
    if (answer.ok) return true;
    if (answer.status === 422 || answer.status === 404) return false;
    throw new Error(`${name} answered ${answer.status}`);
  };
  const addLine = (line) =>
    call("add", {
      items: [
        {
          id: line.variant_id,
          quantity: line.quantity,
          properties: line.properties || {},
          ...(line.selling_plan && { selling_plan: line.selling_plan }),
        },
      ],
    });

  // --- report, heed, write --------------------------------------------------------------------
  const lineOf = (item) => ({
    variant_id: item.variant_id,
    quantity: item.quantity,
    properties: item.properties || {},
    selling_plan:
      (item.selling_plan_allocation && item.selling_plan_allocation.selling_plan.id) || null,
  });
  const content = (cart) =>
    JSON.stringify([
      cart.token,
      (cart.attributes || {})[MARK],
      cart.items.map((item) => [item.key, item.quantity]),
    ]);

  const reportOf = async (refused) => {
    const before = load();
    const readAt = Math.max(Date.now(), (before.read_at || 0) + 1);
    keep({ read_at: readAt });
    const cart = await readCart();
    const report = {
      token: cart.token,
      lines: cart.items.map(lineOf),
      mark: (cart.attributes || {})[MARK] || "",
      read_at: readAt,
      device: before.device || null,
      refused,
    };
    return [cart, report];
  };

  const clearCart = async (version) => {
    const cart = await readCart();
    const attributes = {};
    for (const name of Object.keys(cart.attributes || {})) attributes[name] = "";
    attributes[MARK] = String(version);
    const updates = {};
    for (const item of cart.items) updates[item.key] = 0;
    if (!(await call("update", { updates, attributes, note: "" }))) await call("clear", {});
  };

  // What one call can do carries the mark; while the rest is on its way the mark says so (`~`).
  const write = async (cart, answer) => {
    const there = new Set(cart.items.map((item) => item.variant_id));
    const updates = {};
    for (const set of answer.write.set) updates[cart.items[set.index].key] = set.quantity;
    let rest = [];
    for (const line of answer.write.add) {
      const plain = !Object.keys(line.properties).length && !line.selling_plan;
      if (plain && !there.has(line.variant_id)) updates[line.variant_id] = line.quantity;
      else rest.push(line);
    }
    const version = String(answer.version);
    const refused = [];
    const mark = rest.length ? version + "~" : version;
    if (!(await call("update", { updates, attributes: { [MARK]: mark } }))) {
      await call("update", { attributes: { [MARK]: version + "~" } });
      for (const set of answer.write.set) {
        const item = cart.items[set.index];
        const done = await call("change", { id: item.key, quantity: set.quantity });
        if (!done) refused.push(lineOf(item));
      }
      rest = answer.write.add;
      if (!rest.length && !refused.length) await call("update", { attributes: { [MARK]: version } });
    }
    for (const line of rest) if (!(await addLine(line))) refused.push(line);
    if (rest.length && !refused.length) await call("update", { attributes: { [MARK]: version } });
    return refused;
  };

  const synced = async () => {
    const seen = { wrote: false, cleared: false, short: false, cart: null };
    let refused = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const [cart, report] = await reportOf(refused);
      refused = [];
      seen.cart = cart;
      const answer = await json(`${proxy}/cart`, report);
      if (answer.cleared) {
        forget();
        await clearCart(answer.version);
        seen.wrote = seen.cleared = true;
      }
      if (answer.device) keep({ device: answer.device });
      if (answer.read_at > (load().read_at || 0)) keep({ read_at: answer.read_at });
      if (answer.again) soon(answer.again * 1000);
      if (answer.cleared || answer.stale) continue;
      seen.short = answer.short.length > 0;
      if (!answer.write.set.length && !answer.write.add.length) return seen;
      if (content(await readCart()) !== content(cart)) continue;
      refused = await write(cart, answer);
      seen.wrote = true;
    }
    return seen;
  };

  // --- when: one at a time, in all tabs -------------------------------------------------------
  const alone = (work) =>
    navigator.locks ? navigator.locks.request("handcart", work) : work();
  let timer = 0;
  let busy = false;
  let asked = false;
  const sync = async () => {
    if (busy) {
      asked = true;
      return;
    }
    busy = true;
    try {
      show(await alone(synced));
    } catch (error) {
      // No network, or an app that is away: the next focus tries again.
      console.debug("handcart:", error.message);
    } finally {
      busy = false;
      if (asked) {
        asked = false;
        soon(50);
      }
    }
  };
  function soon(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(sync, milliseconds);
  }

  // --- what the shopper sees ------------------------------------------------------------------
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.setAttribute("aria-live", "polite");
  status.className = "handcart-status";
  const hush = () => status.removeAttribute("data-shown");
  const say = (text) => {
    if (!text) return;
    status.textContent = text;
    status.setAttribute("data-shown", "");
    setTimeout(hush, 6000);
  };
  const style = document.createElement("style");
  style.textContent =
    ".handcart-status{position:fixed;inset-block-end:1rem;inset-inline:1rem;margin:auto;z-index:99;" +
    "max-inline-size:26rem;padding:.75rem 1rem;border-radius:.5rem;background:#1b1b1b;color:#fff;" +
    "opacity:0;visibility:hidden;transition:opacity .2s}" +
    ".handcart-status[data-shown]{opacity:1;visibility:visible}" +
    "@media(prefers-reduced-motion:reduce){.handcart-status{transition:none}}" +
    ".handcart-stock h2{font-size:1.1em;margin:0 0 .4em}" +
    ".handcart-stock ul{list-style:none;margin:0;padding:0}" +
    ".handcart-stock li{display:flex;justify-content:space-between;gap:1rem}";
  document.head.append(style);
  document.body.append(status);

  const onCartPage = () => /\/cart\/?$/.test(location.pathname);
  const typing = () => {
    const at = document.activeElement;
    return !!at && at.matches("input,textarea,select") && at.value !== at.defaultValue;
  };
  // The cart page shows lines that only the shop can render: load it again, but never in a loop.
  const reloaded = (cart) => {
    const now = content(cart);
    try {
      if (sessionStorage.getItem("handcart") === now) return false;
      sessionStorage.setItem("handcart", now);
    } catch {
      return false;
    }
    location.reload();
    return true;
  };
  const show = (seen) => {
    if (!seen.cart) return;
    if (seen.wrote && onCartPage() && !typing() && reloaded(seen.cart)) return;
    if (!seen.wrote) return;
    for (const place of document.querySelectorAll("[data-cart-count]")) {
      place.textContent = seen.cart.item_count;
    }
    document.dispatchEvent(
      new CustomEvent("handcart:cart", { bubbles: true, detail: { cart: seen.cart } }),
    );
    if (seen.cleared) say(said.textCleared);
    else say(seen.short ? said.textShort : said.textChanged);
  };

  // --- where things can be fetched (product page) ---------------------------------------------
  const fill = (text, values) => (text || "").replace(/\[(\w+)\]/g, (_, name) => values[name]);
  const stockRow = (place) => {
    const row = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = place.name;
    const count = document.createElement("span");
    count.textContent =
      place.available > 0 ? fill(said.textInStock, { count: place.available }) : said.textNoStock;
    row.append(name, count);
    return row;
  };
  const stock = () => {
    const field = document.querySelector("form[action*='/cart/add'] [name='id']");
    if (!field || !said.textStock) return;
    const box = document.createElement("section");
    box.className = "handcart-stock";
    box.setAttribute("aria-live", "polite");
    // As high as last time, from the first moment: what stands below does not jump.
    const rows = load().places === undefined ? 3 : kept.places;
    if (rows) box.style.minBlockSize = `${(rows + 2) * 1.6}em`;
    field.form.after(box);
    let shown = "";
    const draw = async () => {
      const variant = field.form.elements.namedItem("id").value;
      if (!variant || variant === shown) return;
      shown = variant;
      try {
        const found = await json(`${proxy}/stock?variant=${encodeURIComponent(variant)}`);
        if (shown !== variant) return;
        keep({ places: found.locations.length });
        const title = document.createElement("h2");
        title.textContent = said.textStock;
        const list = document.createElement("ul");
        list.append(...found.locations.map(stockRow));
        box.replaceChildren(...(found.locations.length ? [title, list] : []));
      } catch {
        box.replaceChildren();
      }
    };
    const later = () => setTimeout(draw, 60);
    document.addEventListener("change", later);
    document.addEventListener("shopify:product:view", later);
    draw();
  };

  // --- the way to a pickup (order page) -------------------------------------------------------
  const PICKUP_TEXT = { requested: said.textPickup, ready: said.textPickupReady };
  const pickup = async (waits) => {
    const order = /\/orders\/([^/]+)\/?$/.exec(location.pathname);
    if (!order) return;
    try {
      const found = await json(`${proxy}/pickup?order=${encodeURIComponent(order[1])}`);
      if (!found.url) throw new Error("no pickup yet");
      if (!/^https?:\/\//.test(found.url)) return;
      const link = document.createElement("a");
      link.href = found.url;
      link.className = "handcart-pickup button";
      link.textContent = PICKUP_TEXT[found.state] || said.textPickupDone || found.label;
      const line = document.createElement("p");
      line.append(link);
      const place = document.querySelector("[data-order-token]") || document.querySelector("main");
      if (place) place.after(line);
    } catch {
      // The order may still be on its way to the app, or has nothing to be picked up.
      if (waits.length) setTimeout(() => pickup(waits.slice(1)), waits[0]);
    }
  };

  // --- begin ----------------------------------------------------------------------------------
  window.handcart = { sync };
  document.addEventListener("shopify:cart:lines-update", () => soon(100));
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form instanceof HTMLFormElement && CART_CALL.test(form.getAttribute("action") || "")) soon(900);
  });
  window.addEventListener("focus", () => soon(30));
  window.addEventListener("online", () => soon(30));
  window.addEventListener("pageshow", (event) => event.persisted && soon(0));
  document.addEventListener("visibilitychange", () => document.hidden || soon(30));
  try {
    new PerformanceObserver((list) => {
      const calls = list.getEntries().filter((entry) => CART_CALL.test(entry.name));
      if (calls.some((entry) => !entry.name.includes("handcart=1"))) soon(100);
    }).observe({ type: "resource" });
  } catch {
    /* an old browser: focus and page loads are enough */
  }
  sync();
  stock();
  pickup([1500, 4000, 10000]);
})();
