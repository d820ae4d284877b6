// Choosing a store on the storefront; handcart.js loads this when somebody wants to, or did before.
//
// Where the shopper is leaves the browser only when they press "near me", rounded to about a
// kilometre. The app says what each store has and when it can be ready; this shows it in the
// store's time and in the page's language.
(() => {
  "use strict";
  const { said, proxy, ask, call, load, keep, el, fill, button, say, readCart } = handcart.parts;
  const language = document.documentElement.lang || undefined;
  const ATTRIBUTE = "_handcart_pickup";
  const onCart = /\/cart\/?$/.test(location.pathname);
  const number = (value) => new Intl.NumberFormat(language).format(value);
  let place;
  let wanted;
  let found = { stores: [], chosen: null };
  let shown = 0;

  // --- what is said of a store ------------------------------------------------------------------
  const clock = (zone) =>
    new Intl.DateTimeFormat(language, { timeZone: zone, hour: "numeric", minute: "2-digit" });
  const day = (zone) =>
    new Intl.DateTimeFormat(language, {
      timeZone: zone,
      weekday: "long",
      day: "numeric",
      month: "long",
    });
  // `moment` as words: the one of today, of tomorrow, or of a day with its name.
  const when = (zone, moment, texts) => {
    const at = new Date(moment.at);
    const text = texts[Math.min(moment.in_days, 2)];
    return fill(text, { time: clock(zone).format(at), day: day(zone).format(at) });
  };
  const ready = (store) =>
    store.earliest &&
    when(store.zone, store.earliest, [said.textReadyToday, said.textReadyTomorrow, said.textReadyDay]);
  const hours = (store) => {
    const spans = store.today.map(([begin, end]) =>
      clock(store.zone).formatRange(new Date(begin), new Date(end)),
    );
    return spans.length ? fill(said.textOpenToday, { hours: spans.join(", ") }) : said.textClosedToday;
  };
  const amount = (store) => {
    if (store.available !== null && store.available > 0 && !store.missing.length)
      return fill(said.textInStock, { count: number(store.available) });
    if (!store.missing.length) return said.textAllThere;
    return store.available === null ? said.textNotAll : said.textNoStock;
  };
  const far = (store) =>
    store.kilometres === null
      ? ""
      : new Intl.NumberFormat(language, {
          style: "unit",
          unit: "kilometer",
          maximumFractionDigits: 0,
        }).format(Math.max(1, store.kilometres)); // from a place that is known to a kilometre
  const named = (store) => el("strong", "", el("bdi", store.name));
  const facts = (store) =>
    [amount(store), ready(store), hours(store)].filter(Boolean).map((text) => el("span", text));

  // --- asking the app ---------------------------------------------------------------------------
  const look = async (more) => {
    const mine = (shown += 1);
    const lines = await wanted();
    const asked = lines
      .filter((line) => line.variant_id && line.quantity > 0)
      .map(({ variant_id, quantity }) => ({ variant_id, quantity }));
    if (!asked.length) return null;
    const cart = onCart ? (await readCart()).token : "";
    const body = { lines: asked, cart, chosen: load().store || null, ...more };
    const answer = await ask(`${proxy}/stores`, body);
    if (!answer.ok) throw new Error(`stores answered ${answer.status}`);
    const told = await answer.json();
    if (mine !== shown) return null;
    found = told;
    return told;
  };
  const chosen = () => found.stores.find((store) => store.location_id === found.chosen);

  // --- the store that was chosen, on the page ---------------------------------------------------
  const draw = () => {
    const store = chosen();
    const focused = place.contains(document.activeElement);
    const change = button(store ? said.textChooseOther : said.textChoose, "", open);
    const mine = store
      ? [el("p", "", named(store)), list(facts(store)), ...slots(store)]
      : [];
    place.replaceChildren(...mine, change);
    if (focused) change.focus();
  };
  const list = (texts) => el("ul", "", ...texts.map((text) => el("li", "", text)));
  const show = async () => {
    try {
      if (await look()) {
        draw();
        if (onCart) await note();
      }
    } catch {
      /* no network: what is shown stays */
    }
  };

  // --- when the shopper will come (cart page) ---------------------------------------------------
  let slot = "";
  const label = (store, moment) =>
    when(store.zone, moment, [said.textSlotToday, said.textSlotTomorrow, said.textSlotDay]);
  const slots = (store) => {
    if (!onCart || !store.slots.length) return [];
    const choice = el("select");
    choice.id = "handcart-slot";
    choice.append(new Option(said.textAnyTime, ""));
    for (const moment of store.slots)
      choice.append(new Option(label(store, moment), moment.at, false, moment.at === slot));
    choice.addEventListener("change", () => {
      slot = choice.value;
      note();
    });
    const text = el("label", said.textWhen);
    text.htmlFor = choice.id;
    return [el("p", "", text, " ", choice)];
  };
  // The cart itself says where and when, so that its checkout knows.
  const note = async () => {
    const store = chosen();
    const text = store ? [store.location_id, slot].filter(Boolean).join("@") : "";
    const { attributes } = await readCart();
    if (((attributes || {})[ATTRIBUTE] || "") !== text)
      await call("update", { attributes: { [ATTRIBUTE]: text } });
  };
  const noted = async () => {
    const { attributes } = await readCart();
    const [number, moment] = String((attributes || {})[ATTRIBUTE] || "").split("@");
    if (!load().store && Number(number)) keep({ store: Number(number) });
    slot = moment || "";
  };

  // Goods and slot are kept together when the checkout begins, or neither is.
  const REFUSED = {
    slot_full: said.textTaken,
    slot_unknown: said.textTaken,
    stock_short: said.textNotAll,
  };
  let kept = false;
  const reserve = async () => {
    const [lines, { token }] = await Promise.all([wanted(), readCart()]);
    const body = {
      cart: token,
      location_id: found.chosen,
      slot,
      lines: lines.map(({ variant_id, quantity }) => ({ variant_id, quantity })),
    };
    const answer = await ask(`${proxy}/reservation`, body);
    return answer.ok ? "" : REFUSED[(await answer.json()).error.code] || "";
  };
  document.addEventListener("submit", async (event) => {
    const { submitter, target } = event;
    if (kept || !slot || !chosen() || !submitter || submitter.name !== "checkout") return;
    event.preventDefault();
    // An app that is away keeps nobody from buying.
    const refused = await reserve().catch(() => "");
    if (refused) {
      slot = "";
      say(refused);
      await show();
      const choice = document.getElementById("handcart-slot");
      if (choice) choice.focus();
      return;
    }
    kept = true;
    target.requestSubmit(submitter);
    kept = false;
  });

  // --- the dialog -------------------------------------------------------------------------------
  let dialog;
  let status;
  let stores;
  const choose = (store) => async () => {
    keep({ store: store.location_id });
    if (found.chosen !== store.location_id) slot = "";
    found.chosen = store.location_id;
    dialog.close();
    draw();
    if (onCart) note();
    if (said.customer)
      ask(`${proxy}/stores/choice`, { location_id: store.location_id }).catch(() => {});
  };
  const card = (store) => {
    const take = button(said.textTakeStore, store.name, choose(store));
    const mine = store.location_id === found.chosen;
    if (mine) take.setAttribute("aria-current", "true");
    const away = far(store);
    const about = el("p", "", named(store), ...(away ? [" ", el("bdi", away)] : []));
    return el(
      "li",
      "",
      el("div", "", about, el("p", "", el("bdi", store.address)), list(facts(store))),
      take,
    );
  };
  // What to do instead, until the next search: a list that comes later does not take it away.
  let advice = "";
  const fillIn = () => {
    stores.replaceChildren(...found.stores.map(card));
    const many = fill(said.textStores, { count: number(found.stores.length) });
    status.textContent = advice || (found.stores.length ? many : said.textNoStores);
  };
  const seek = async (more) => {
    advice = status.textContent = "";
    try {
      if (await look(more)) fillIn();
    } catch {
      status.textContent = said.textAway;
    }
  };
  const rounded = (degrees) => Math.round(degrees * 100) / 100;
  const nearMe = () => {
    const lost = () => (advice = status.textContent = said.textNowhere);
    if (!navigator.geolocation) return lost();
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        seek({ near: { latitude: rounded(coords.latitude), longitude: rounded(coords.longitude) } }),
      lost,
      { maximumAge: 600000, timeout: 20000 },
    );
  };
  const build = () => {
    dialog = el("dialog");
    dialog.className = "handcart-stores";
    const title = el("h2", said.textChoose);
    title.id = "handcart-stores-title";
    dialog.setAttribute("aria-labelledby", title.id);
    const field = el("input");
    field.id = "handcart-stores-find";
    field.type = "search";
    field.maxLength = 80;
    field.autocomplete = "postal-code";
    const text = el("label", said.textFind);
    text.htmlFor = field.id;
    const search = el("button", said.textSearch);
    const form = el("form", "", text, field, search, button(said.textNear, "", nearMe));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      seek({ find: field.value });
    });
    status = el("p");
    status.setAttribute("role", "status");
    stores = el("ul");
    dialog.append(title, form, status, stores, button(said.textClose, "", () => dialog.close()));
    document.body.append(dialog);
  };
  const open = async () => {
    if (!dialog) build();
    if (!dialog.open) dialog.showModal();
    fillIn();
    await seek();
  };

  const style = el("style");
  style.textContent =
    ".handcart-stores{inline-size:min(36rem,100% - 2rem);max-block-size:calc(100% - 2rem);" +
    "box-sizing:border-box;padding:1.25rem;border:1px solid;border-radius:.75rem;background:Canvas;" +
    "color:CanvasText;overflow:auto}.handcart-stores::backdrop{background:#0008}" +
    ".handcart-stores h2{margin:0 0 .75rem;font-size:1.25em}" +
    ".handcart-stores form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:0}" +
    ".handcart-stores label{flex:1 0 100%}" +
    ".handcart-stores input{flex:1 1 10rem;inline-size:auto;min-inline-size:0;" +
    "min-block-size:2.75rem;box-sizing:border-box;padding:.4rem .75rem;font:inherit;" +
    "border:1px solid;border-radius:.5rem;background:Field;color:FieldText}" +
    ".handcart-stores button{min-block-size:2.75rem;inline-size:auto;padding:.4rem .9rem;" +
    "background:none;color:inherit;border:1px solid;border-radius:.5rem;font:inherit;cursor:pointer}" +
    ".handcart-stores button[aria-current]{border-width:2px;font-weight:bold}" +
    ".handcart-stores [role=status]{min-block-size:1.5em;margin-block:.5rem}" +
    ".handcart-stores>ul{list-style:none;margin:0 0 1rem;padding:0}" +
    ".handcart-stores>ul>li{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.5rem 1rem;" +
    "align-items:center;padding-block:.75rem;border-block-start:1px solid}" +
    ".handcart-stores li>div{flex:1 1 14rem}.handcart-stores p{margin:0}" +
    ".handcart-stores li ul,.handcart-store ul{list-style:none;margin:0;padding:0;display:flex;" +
    "flex-wrap:wrap;gap:0 1rem}.handcart-store p{margin:0}" +
    ".handcart-store select{min-block-size:2.75rem;max-inline-size:100%;inline-size:auto;" +
    "padding:.4rem .75rem;font:inherit;border:1px solid;border-radius:.5rem;background:Field;" +
    "color:FieldText}";
  document.head.append(style);

  for (const name of ["change", "shopify:product:view", "handcart:cart", "shopify:cart:lines-update"])
    document.addEventListener(name, (event) => {
      const ours = event.target.closest && event.target.closest(".handcart-store,.handcart-stores");
      if (place && !ours) setTimeout(show, 80);
    });

  handcart.stores = async (where, lines, opening) => {
    place = where;
    wanted = lines;
    if (opening) return open();
    if (onCart) await noted().catch(() => {});
    return show();
  };
})();
