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

  // --- what the visitor allows: without a yes to preferences a guest is not reported at all, and
  // nothing is kept in the browser; a customer's cart follows because they have signed in for it ---
  const allowed = () => {
    const privacy = window.Shopify && Shopify.customerPrivacy;
    if (!privacy || !privacy.preferencesProcessingAllowed) return true;
    try {
      return privacy.preferencesProcessingAllowed();
    } catch {
      return false; // what cannot be read was not given
    }
  };

  // That somebody was signed in is kept all the same: after a sign-out the cart must be emptied.
  const SIGNED_IN = "handcart-signed-in";
  const wasSignedIn = (now) => {
    try {
      if (now === true) localStorage.setItem(SIGNED_IN, "1");
      if (now === false) localStorage.removeItem(SIGNED_IN);
      return localStorage.getItem(SIGNED_IN) === "1";
    } catch {
      return false;
    }
  };
  const mayReport = () => allowed() || said.customer || wasSignedIn();

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
    if (!allowed()) return;
    try {
      localStorage.setItem("handcart", JSON.stringify(kept));
    } catch {
      /* full or forbidden: the mark in the cart is enough to go on */
    }
  };
  const forget = () => {
    kept = {};
    forgetStored();
  };
  const forgetStored = () => {
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
  // True when the platform took it, false when it refuses (422: stock; 404: not sold any more).
  const gone = new Set();
  const call = async (name, body, variant) => {
    const answer = await ask(`${root}cart/${name}.js?handcart=1`, body);
    gone.delete(variant);
    if (answer.ok) return true;
    if (answer.status === 404) gone.add(variant);
    if (answer.status === 422 || answer.status === 404) return false;
    throw new Error(`${name} answered ${answer.status}`);
  };
  const addLine = (line) => {
    const { variant_id: id, quantity, selling_plan, parent_id } = line;
    const item = { id, quantity, properties: line.properties || {} };
    if (selling_plan) item.selling_plan = selling_plan;
    if (parent_id) item.parent_id = parent_id;
    return call("add", { items: [item] }, id);
  };
  const refusal = (line) => ({ ...line, gone: gone.has(line.variant_id) });

  // --- report, heed, write --------------------------------------------------------------------
  const lineOf = (item) => ({
    variant_id: item.variant_id,
    quantity: item.quantity,
    properties: item.properties || {},
    selling_plan:
      (item.selling_plan_allocation && item.selling_plan_allocation.selling_plan.id) || null,
  });
  // With its looks, which only the platform knows, and the place of the line it is nested under.
  const shownLine = (item, _, items) => {
    const over = item.parent_relationship && item.parent_relationship.parent_key;
    const parent = over ? items.findIndex((other) => other.key === over) : -1;
    const url = /^\/(?![/\\])/.test(item.url || "") ? item.url : "";
    const image = /^(https?:)?\//.test(item.image || "") ? item.image : "";
    return {
      ...lineOf(item),
      ...(parent < 0 ? {} : { parent }),
      ...(Number.isInteger(item.original_price) && { price: item.original_price }),
      title: String(item.title || "").slice(0, 300),
      url: url.slice(0, 1000),
      image: image.length > 1000 ? "" : image,
    };
  };
  const content = (cart) =>
    JSON.stringify([
      cart.token,
      (cart.attributes || {})[MARK],
      cart.items.map((item) => [item.key, item.quantity]),
    ]);

  const reportOf = async (refused, wishes) => {
    const before = load();
    const readAt = Math.max(Date.now(), (before.read_at || 0) + 1);
    keep({ read_at: readAt });
    const cart = await readCart();
    const report = {
      token: cart.token,
      lines: cart.items.map(shownLine),
      currency: /^[A-Z]{3}$/.test(cart.currency) ? cart.currency : "",
      mark: (cart.attributes || {})[MARK] || "",
      read_at: readAt,
      device: before.device || null,
      refused,
      wishes,
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
    const blank = { attributes, note: "", discount: "" };
    if (!(await call("update", { updates, ...blank }))) {
      await call("clear", {});
      await call("update", blank);
    }
  };

  // What one call can do carries the mark; while the rest is on its way the mark says so (`~`).
  const write = async (cart, answer) => {
    const there = new Set(cart.items.map((item) => item.variant_id));
    const updates = {};
    for (const set of answer.write.set) updates[cart.items[set.index].key] = set.quantity;
    let rest = [];
    for (const line of answer.write.add) {
      const plain = !Object.keys(line.properties).length && !line.selling_plan && !line.parent_id;
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
        const change = { id: item.key, quantity: set.quantity };
        const done = await call("change", change, item.variant_id);
        if (!done) refused.push(refusal(lineOf(item)));
      }
      rest = answer.write.add;
      if (!rest.length && !refused.length) await call("update", { attributes: { [MARK]: version } });
    }
    for (const line of rest) if (!(await addLine(line))) refused.push(refusal(line));
    if (rest.length && !refused.length) await call("update", { attributes: { [MARK]: version } });
    return refused;
  };

  let wishes = [];
  const synced = async () => {
    const seen = { wrote: false, cleared: false, short: false, cart: null, answer: null };
    let refused = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const asking = wishes;
      const [cart, report] = await reportOf(refused, asking);
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
      wishes = wishes.slice(asking.length);
      seen.answer = answer;
      if (answer.prices.length) keep({ news: [...(load().news || []), ...answer.prices].slice(-20) });
      if (answer.bought.length) {
        seen.bought = answer.bought.map(counted).join(", ");
        const others = (load().news || []).filter((one) => one.bought !== seen.bought);
        keep({ news: [...others, { bought: seen.bought }].slice(-20) });
      }
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
    if (!mayReport()) return;
    if (busy) {
      asked = true;
      return;
    }
    busy = true;
    try {
      if (said.customer) wasSignedIn(true);
      const seen = await alone(synced);
      if (!said.customer) wasSignedIn(false);
      follow(seen);
      show(seen);
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

  // --- live: while the page is looked at, the app says at once when the cart has changed ---------
  let live = null;
  let source = null;
  let failures = 0;
  let polling = 0;
  const hangUp = () => {
    clearTimeout(polling);
    if (source) source.close();
    source = null;
  };
  const heard = (version) => {
    // Our own change comes back as news, too; while we report, the answer will say which it was.
    if (live && !busy && !(version <= live.version)) soon(0);
    else if (live && busy) live.heard = Math.max(live.heard || 0, version || Infinity);
  };
  const listen = () => {
    if (!live || document.hidden || source) return;
    if (!window.EventSource || failures > 2) {
      poll();
      return;
    }
    source = new EventSource(`${live.url}?ticket=${encodeURIComponent(live.ticket)}`);
    source.onmessage = (event) => {
      failures = 0;
      heard(event.data === "again" ? Infinity : Number(event.data));
    };
    source.onerror = () => {
      failures += 1;
      if (failures < 3 && source.readyState !== EventSource.CLOSED) return;
      hangUp();
      polling = setTimeout(sync, 3000);
    };
  };
  // Somebody in between lets no stream through: ask for the version now and then.
  const poll = () => {
    clearTimeout(polling);
    polling = setTimeout(async () => {
      if (!live || document.hidden) return;
      try {
        const known = encodeURIComponent(live.version);
        const answer = await ask(
          `${proxy}/cart?ticket=${encodeURIComponent(live.ticket)}&known=${known}`,
        );
        if (answer.status === 200) heard((await answer.json()).version);
        else if (answer.status === 403) soon(0);
      } catch {
        /* no network: the next one, or the next focus */
      }
      poll();
    }, 5000);
  };
  const follow = (seen) => {
    const before = live;
    live = seen.answer ? seen.answer.live : null;
    if (!live || (before && before.cart !== live.cart)) hangUp();
    if (live && before && before.heard > live.version) soon(20);
    listen();
  };

  // --- what the shopper sees ------------------------------------------------------------------
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.setAttribute("aria-live", "polite");
  status.className = "handcart-status";
  let hushing = 0;
  const hush = () => status.removeAttribute("data-shown");
  const say = (text, ...actions) => {
    if (!text) return;
    status.replaceChildren(text, ...actions);
    status.setAttribute("data-shown", "");
    clearTimeout(hushing);
    hushing = setTimeout(hush, actions.length ? 20000 : 6000);
  };
  const style = document.createElement("style");
  style.textContent =
    ".handcart-status{position:fixed;inset-block-end:1rem;inset-inline:1rem;margin:auto;z-index:99;" +
    "max-inline-size:26rem;padding:.75rem 1rem;border-radius:.5rem;background:#1b1b1b;color:#fff;" +
    "opacity:0;visibility:hidden;transition:opacity .2s}" +
    ".handcart-status[data-shown]{opacity:1;visibility:visible}" +
    ".handcart-status button{margin-inline-start:1rem;color:inherit;background:none;font:inherit;" +
    "border:1px solid;border-radius:.4rem;padding:.4rem .8rem;cursor:pointer}" +
    ".handcart-cart{margin-block:1.5rem}.handcart-cart h2{font-size:1.15em}" +
    ".handcart-cart ul{list-style:none;margin:0;padding:0}" +
    ".handcart-cart li{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;" +
    "padding-block:.4rem}.handcart-cart li>:first-child{flex:1 1 12rem}" +
    ".handcart-cart button{min-block-size:2.75rem;inline-size:auto;padding:.4rem .9rem;" +
    "background:none;color:inherit;border:1px solid;border-radius:.5rem;font:inherit;cursor:pointer}" +
    ".handcart-cart>*{margin-block:.5rem}.handcart-cart h2{margin-block-start:1.5rem}" +
    "@media(prefers-reduced-motion:reduce){.handcart-status{transition:none}}" +
    ".handcart-store{margin-block:1rem}.handcart-store>*{margin-block:.4rem}" +
    ".handcart-store button{min-block-size:2.75rem;inline-size:auto;padding:.4rem .9rem;" +
    "background:none;color:inherit;border:1px solid;border-radius:.5rem;font:inherit;cursor:pointer}" +
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
    if (seen.answer) tell(seen);
    if (seen.wrote && onCartPage() && !typing() && reloaded(seen.cart)) return;
    if (!seen.wrote) return;
    for (const place of document.querySelectorAll("[data-cart-count]")) {
      place.textContent = seen.cart.item_count;
    }
    document.dispatchEvent(
      new CustomEvent("handcart:cart", { bubbles: true, detail: { cart: seen.cart } }),
    );
    if (seen.cleared) say(said.textCleared);
    else if (seen.bought) say(fill(said.textBought, { title: seen.bought }));
    else if (!offered) say(seen.short ? said.textShort : said.textChanged);
  };

  // --- the rest of the cart: what waits for later, what is not as it was, what can be undone -----
  const fill = (text, values) => (text || "").replace(/\[(\w+)\]/g, (_, name) => values[name]);
  const el = (name, text, ...inside) => {
    const made = document.createElement(name);
    made.append(...(text ? [text] : []), ...inside);
    return made;
  };
  const button = (text, label, act) => {
    const made = el("button", text);
    made.type = "button";
    if (label) made.setAttribute("aria-label", `${text}: ${label}`);
    made.addEventListener("click", act);
    return made;
  };
  const wish = (verb, about) => {
    wishes = [...wishes, { do: verb, about }];
    return sync();
  };
  const money = (amount, currency) => {
    const language = document.documentElement.lang || undefined;
    return new Intl.NumberFormat(language, { style: "currency", currency }).format(amount / 100);
  };
  const row = (text, ...inside) => el("li", "", el("span", text), ...inside);
  const counted = (line) => (line.quantity > 1 ? `${line.quantity} × ${line.title}` : line.title);
  const pageLink = (text, page) => {
    const link = el("a", text);
    link.href = `${proxy}/${page}${page.includes("?") ? "&" : "?"}locale=${document.documentElement.lang}`;
    return link;
  };
  const watching = ({ title, variant_id }) => {
    if (!said.textWatch) return [];
    const link = pageLink(said.textWatch, `watches?variant=${variant_id}`);
    link.setAttribute("aria-label", `${said.textWatch}: ${title}`);
    return [link];
  };
  const lists = (title, rows) => (rows.length ? [el("h2", title), el("ul", "", ...rows)] : []);

  let offered = "";
  const undoButton = (undo) =>
    button(said.textUndo, "", () => {
      hush();
      wish("undo", undo.about);
    });
  const tell = (seen) => {
    const { answer, cart } = seen;
    const undo = said.textUndo && answer.undo;
    if (undo && load().undo !== undo.about) {
      keep({ undo: undo.about });
      offered = undo.about;
      say(said.textAdopted, undoButton(undo));
    } else offered = undo && status.hasAttribute("data-shown") ? offered : "";
    if (onCartPage() && said.textLater) draw(answer, cart);
  };
  const box = el("section");
  const draw = (answer, cart) => {
    const news = load().news || [];
    const notices = news.map((one) =>
      row(
        one.bought
          ? fill(said.textBought, { title: one.bought })
          : fill(said.textPrice, {
              title: one.title,
              before: money(one.before, one.currency),
              now: money(one.now, one.currency),
            }),
      ),
    );
    for (const line of answer.short)
      notices.push(row(fill(line.gone ? said.textGone : said.textWaits, { title: counted(line) })));
    if (answer.undo) notices.push(row(said.textAdopted, undoButton(answer.undo)));
    const { asks } = answer;
    if (asks)
      notices.push(row(said.textAsk, button(said.textTake, "", () => wish("adopt", asks.about))));
    const read = button(said.textRead, "", () => {
      keep({ news: [] });
      draw(answer, cart);
    });
    const saved = answer.saved.map((line) =>
      row(
        counted(line),
        button(said.textBack, line.title, () => wish("back", line.key)),
        button(said.textDrop, line.title, () => wish("drop", line.key)),
        ...watching(line),
      ),
    );
    const kinds = new Map(answer.keys.map((key, place) => [key, cart.items[place]]));
    const lines = [...kinds].map(([key, item]) =>
      row(item.title, button(said.textLater, item.title, () => wish("later", key)), ...watching(item)),
    );
    const others = [...kinds].filter(([key]) => answer.added_by[key]);
    const from = others.map(([key, item]) =>
      row(fill(said.textFrom, { title: item.title, name: answer.added_by[key] })),
    );
    const together = pageLink(said.textTogether, "household");
    const focused = box.contains(document.activeElement);
    box.replaceChildren(
      ...lists(said.textNews, notices),
      ...(news.length ? [read] : []),
      ...lists(said.textSaved, saved),
      ...lists(said.textKeep, lines),
      ...(said.customer && said.textTogether ? [el("p", "", together), el("ul", "", ...from)] : []),
      ...(lines.length && said.textScan ? [button(said.textElsewhere, "", passOn), passing] : []),
    );
    if (!box.isConnected) {
      box.className = "handcart-cart";
      box.tabIndex = -1;
      box.setAttribute("aria-label", said.textSaved);
      (document.querySelector("main") || document.body).append(box);
    }
    if (focused) box.focus();
  };

  // --- a page of the app inside the theme that shows carts: drawn again when one has changed --------
  const draws = () => {
    const page = document.querySelector(".handcart-page[data-here]");
    if (!page || !window.EventSource) return;
    let streams = [];
    const leave = () => {
      for (const one of streams) one.close();
      streams = [];
    };
    const redraw = async () => {
      const answer = await ask(page.dataset.here).catch(() => null);
      if (!answer || !answer.ok) return;
      const now = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (typing()) return setTimeout(redraw, 2000);
      const at = document.activeElement;
      const name = page.contains(at) && at.getAttribute("aria-label");
      for (const cart of page.querySelectorAll("[data-cart]")) {
        const fresh = now.querySelector(`[data-cart="${cart.dataset.cart}"]`);
        if (fresh) cart.replaceWith(fresh);
        else cart.remove();
      }
      if (name) (page.querySelector(`[aria-label="${CSS.escape(name)}"]`) || page).focus();
      hear();
    };
    const hear = () => {
      leave();
      if (document.hidden) return;
      for (const cart of page.querySelectorAll("[data-news]")) {
        const stream = new EventSource(cart.dataset.news);
        stream.onmessage = ({ data }) => {
          if (data === cart.dataset.version) return;
          cart.dataset.version = data;
          redraw();
        };
        streams.push(stream);
      }
    };
    page.tabIndex = -1;
    document.addEventListener("visibilitychange", () => (document.hidden ? leave() : redraw()));
    window.addEventListener("pagehide", leave);
    hear();
  };

  // --- on another device: a link that is good once, and the word of whoever made it -----------------
  const handoff = async (path, more) => {
    const { token } = await readCart();
    return json(`${proxy}/handoff${path}`, { token, device: load().device || null, ...more });
  };
  const ticks = (ask) => {
    const next = async () => {
      try {
        if ((await ask()) !== "wait") return;
      } catch {
        say(said.textOver);
        return;
      }
      setTimeout(next, 2000);
    };
    next();
  };
  const passing = el("div");
  const passOn = async () => {
    const made = await handoff("", { page: location.origin + root }).catch(() => null);
    if (!made) return say(said.textOver);
    const picture = document.createElement("img");
    picture.src = made.qr;
    picture.alt = said.textScan;
    picture.width = picture.height = 200;
    const link = el("a", said.textLink);
    link.href = made.link;
    const mail = el("a", said.textMail);
    mail.href = `mailto:?subject=${encodeURIComponent(document.title)}&body=${encodeURIComponent(made.link)}`;
    const asking = el("p");
    asking.setAttribute("role", "status");
    passing.replaceChildren(
      el("p", said.textScan),
      picture,
      el("p", "", link, " · ", mail),
      el("p", "", el("code", made.code)),
      asking,
    );
    const decide = (give) => async () => {
      asking.replaceChildren();
      await handoff("/decision", { handoff: made.handoff, give }).catch(() => say(said.textOver));
    };
    let shown = "";
    ticks(async () => {
      if (!passing.isConnected) return "";
      const now = await handoff("/state", { handoff: made.handoff });
      if (now.state === "asked" && shown !== "asked")
        asking.replaceChildren(
          fill(said.textAsks, now) + " ",
          button(said.textGive, "", decide(true)),
          button(said.textRefuse, "", decide(false)),
        );
      shown = now.state;
      if (["open", "asked", "confirmed"].includes(shown)) return "wait";
      passing.replaceChildren(el("p", shown === "refused" ? said.textOver : said.textPassed));
      return "";
    });
  };
  const takeOver = async () => {
    const opened = /^#handcart=([\w-]{20,64})$/.exec(location.hash);
    if (!opened || !said.textScan) return;
    history.replaceState(null, "", location.pathname + location.search);
    await sync();
    ticks(async () => {
      const now = await handoff("/claim", { secret: opened[1] });
      if (now.device) keep({ device: now.device });
      if (now.state === "asked") say(fill(said.textWaiting, now));
      else if (now.state === "given") await sync();
      else if (now.state === "refused") say(said.textOver);
      return now.state === "asked" ? "wait" : "";
    });
  };

  // --- where things can be fetched ------------------------------------------------------------
  // Choosing a store has a script of its own: it comes when it is asked for, or was used before.
  let loading = null;
  const storesScript = () =>
    (loading =
      loading ||
      new Promise((done, failed) => {
        const script = el("script");
        script.src = said.stores;
        script.onload = done;
        script.onerror = failed;
        document.head.append(script);
      }));
  const chooser = (wanted) => {
    const place = el("div");
    place.className = "handcart-store";
    const begin = (opening) =>
      storesScript().then(
        () => window.handcart.stores(place, wanted, opening),
        () => (loading = null),
      );
    place.append(button(said.textChoose, "", () => begin(true)));
    // As high as it will be, so that nothing jumps.
    if (load().store || said.customer) {
      place.style.minBlockSize = onCartPage() ? "11em" : "7.5em";
      begin(false);
    }
    return place;
  };
  const stockRow = (place) => {
    const count = place.available;
    return row(place.name, el("span", count > 0 ? fill(said.textInStock, { count }) : said.textNoStock));
  };
  const stock = () => {
    const field = document.querySelector("form[action*='/cart/add'] [name='id']");
    if (!field || !said.textStock) return;
    const mine = chooser(() => {
      const { id, quantity } = field.form.elements;
      return [{ variant_id: Number(id.value), quantity: Number(quantity && quantity.value) || 1 }];
    });
    const places = el("section");
    places.className = "handcart-stock";
    places.setAttribute("aria-live", "polite");
    // As high as last time, from the first moment: what stands below does not jump.
    const rows = load().places === undefined ? 3 : kept.places;
    if (rows) places.style.minBlockSize = `${(rows + 2) * 1.6}em`;
    field.form.after(places, mine);
    let shown = "";
    const drawStock = async () => {
      const variant = field.form.elements.namedItem("id").value;
      if (!variant || variant === shown) return;
      shown = variant;
      try {
        const found = await json(`${proxy}/stock?variant=${encodeURIComponent(variant)}`);
        if (shown !== variant) return;
        keep({ places: found.locations.length });
        const title = el("h2", said.textStock);
        const list = el("ul", "", ...found.locations.map(stockRow));
        places.replaceChildren(...(found.locations.length ? [title, list] : []));
      } catch {
        places.replaceChildren();
      }
    };
    const later = () => setTimeout(drawStock, 60);
    document.addEventListener("change", later);
    document.addEventListener("shopify:product:view", later);
    drawStock();
  };

  const cartStock = () => {
    const form = onCartPage() && document.querySelector("form[action$='/cart']");
    if (form && said.textStock)
      form.after(chooser(async () => (await readCart()).items.map(lineOf)));
  };

  // --- the way to a pickup (order page) -------------------------------------------------------
  const PICKUP_TEXT = { requested: said.textPickup, ready: said.textPickupReady };
  const pickup = async (waits) => {
    const order = /\/orders\/([^/]+)\/?$/.exec(location.pathname);
    if (!order) return;
    try {
      const found = await json(`${proxy}/pickup?order=${encodeURIComponent(order[1])}&locale=${document.documentElement.lang}`);
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
  const parts = { said, root, proxy, ask, call, load, keep, el, fill, button, row, say, readCart };
  window.handcart = { sync, parts };
  document.addEventListener("shopify:cart:lines-update", () => soon(100));
  document.addEventListener("visitorConsentCollected", () => {
    if (!allowed()) forgetStored();
    soon(0);
  });
  if (window.Shopify && Shopify.loadFeatures && !Shopify.customerPrivacy) {
    Shopify.loadFeatures([{ name: "consent-tracking-api", version: "0.1" }], () => soon(0));
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form instanceof HTMLFormElement && CART_CALL.test(form.getAttribute("action") || "")) soon(900);
  });
  window.addEventListener("focus", () => soon(30));
  window.addEventListener("online", () => soon(30));
  window.addEventListener("pageshow", (event) => event.persisted && soon(0));
  document.addEventListener("visibilitychange", () => (document.hidden ? hangUp() : soon(30)));
  window.addEventListener("pagehide", hangUp);
  try {
    new PerformanceObserver((list) => {
      const calls = list.getEntries().filter((entry) => CART_CALL.test(entry.name));
      if (calls.some((entry) => !entry.name.includes("handcart=1"))) soon(100);
    }).observe({ type: "resource" });
  } catch {
    /* an old browser: focus and page loads are enough */
  }
  sync().then(takeOver);
  draws();
  stock();
  cartStock();
  pickup([1500, 4000, 10000]);
})();
