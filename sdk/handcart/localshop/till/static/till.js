// The till's page. The basket is here and nowhere else until it is paid.
(() => {
  const $ = (id) => document.getElementById(id);
  let products = JSON.parse($("products").textContent);
  const sign = products.length ? products[0].shown_price.replace(/[\d.]+/, "") : "";
  // Lines by what they are of, as the platform's till has them: the same goods with other properties
  // are another line.
  const basket = new Map();
  let attributes = {};
  let customer = null;
  let asked = 0;

  const make = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const money = (minor) => sign + (minor / 100).toFixed(2);
  const wanted = () => {
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    return products.filter((one) => words.every((word) => `${one.title} ${one.sku}`.toLowerCase().includes(word)));
  };

  const showKeys = () => {
    $("keys").replaceChildren(
      ...wanted().map((one) => {
        const item = make("li");
        const key = make("button");
        key.type = "button";
        const row = make("span", undefined, "row apart");
        row.append(make("span", one.shown_price, "num"), make("span", one.here > 0 ? `${one.here} here` : "none here", one.here > 0 ? "quiet" : "tag bad"));
        const [product, ...size] = one.title.split(" - ");
        const name = make("strong", product);
        if (size.length) name.append(make("small", size.join(" - ")));
        key.append(name, row);
        key.addEventListener("click", () => change(one.variant_id, 1));
        item.append(key);
        return item;
      }),
    );
  };

  const step = (label, text, act) => {
    const made = make("button", text, "plain step");
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };

  const showBasket = () => {
    let total = 0;
    const lines = [...basket.values()].map(({ id, quantity, properties }) => {
      const one = products.find((each) => each.variant_id === id);
      const said = Object.entries(properties).filter(([name]) => !name.startsWith("_"));
      total += one.price * quantity;
      const line = make("li");
      const what = make("div");
      const steps = make("div", undefined, "row");
      steps.append(step(`One ${one.title} less`, "−", () => change(id, -1, properties)), make("span", String(quantity), "num"), step(`One ${one.title} more`, "+", () => change(id, 1, properties)));
      what.append(make("p", one.title), ...said.map(([name, text]) => make("p", `${name}: ${text}`, "quiet small")), steps);
      if (quantity > one.here) what.append(make("p", `Only ${one.here} on the books here`, "wrong"));
      line.append(what, make("p", money(one.price * quantity), "num"));
      return line;
    });
    $("basket").replaceChildren(...lines);
    $("nothing").hidden = basket.size > 0;
    $("total").textContent = money(total);
    $("pay").disabled = basket.size === 0;
    $("pay").textContent = basket.size ? `Pay ${money(total)}` : "Pay";
  };

  const change = (id, by, properties = {}) => {
    const key = JSON.stringify([id, properties]);
    const quantity = ((basket.get(key) || {}).quantity || 0) + by;
    if (quantity > 0) basket.set(key, { id, quantity, properties });
    else basket.delete(key);
    if (!basket.size) attributes = {};
    say("");
    showBasket();
  };
  const say = (text, kind = "") => {
    $("said").textContent = text;
    $("said").className = kind;
  };
  const linesOf = () => [...basket.values()].map(({ id, quantity, properties }) => ({ variant_id: id, quantity, properties }));
  const clear = () => {
    basket.clear();
    attributes = {};
    customer = null;
    showCustomers([]);
    showBasket();
  };

  const showCustomers = (found) => {
    $("found").replaceChildren(
      ...found.map((one) => {
        const key = make("button", `${one.name} · ${one.email}`, "plain full");
        key.type = "button";
        key.addEventListener("click", () => choose(one));
        return key;
      }),
    );
  };

  const choose = (one) => {
    customer = one;
    $("customer").value = "";
    const shown = make("p", undefined, "note row apart");
    shown.append(make("span", `${one.name} · ${one.email}`), step("Without this customer", "×", () => { customer = null; showCustomers([]); }));
    $("found").replaceChildren(shown);
  };

  const lookUp = async () => {
    const mine = ++asked;
    const text = $("customer").value.trim();
    if (!text) return showCustomers([]);
    const answer = await fetch("/pos/customers.json?q=" + encodeURIComponent(text));
    const body = await answer.json();
    if (mine === asked) showCustomers(body.customers || []);
  };

  const pay = async () => {
    $("pay").disabled = true;
    const answer = await fetch("/pos/sales", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ lines: linesOf(), attributes, customer_id: customer && customer.id }),
    });
    const body = await answer.json();
    if (answer.ok) {
      products = body.products;
      clear();
      say(`Sold: ${body.order.name}, ${body.order.total}.`, "note");
      $("search").value = "";
      $("search").focus();
    } else say(body.error ? body.error.message : "That did not work.", "problem");
    showKeys();
    showBasket();
  };

  // What the platform's till offers its extensions as `shopify.cart`, as far as it is needed here.
  window.till = {
    lines: () => linesOf().map((line) => ({ ...line, title: (products.find((one) => one.variant_id === line.variant_id) || {}).title })),
    attributes: () => attributes,
    customer: () => customer,
    add: (line) => products.some((one) => one.variant_id === line.variant_id) && change(line.variant_id, line.quantity, line.properties || {}),
    addAttributes: (more) => (attributes = { ...attributes, ...more }),
    setCustomer: choose,
    clear,
    say,
    sessionToken: async () => (await (await fetch("/pos/session-token.json")).json()).token,
  };

  $("search").addEventListener("input", showKeys);
  $("search").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = wanted()[0];
    if (!first || !$("search").value.trim()) return;
    change(first.variant_id, 1);
    $("search").select();
  });
  $("customer").addEventListener("input", lookUp);
  $("pay").addEventListener("click", pay);
  showKeys();
  showBasket();
})();
