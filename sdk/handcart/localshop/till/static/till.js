// The till's page. The basket is here and nowhere else until it is paid.
(() => {
  const $ = (id) => document.getElementById(id);
  let products = JSON.parse($("products").textContent);
  const sign = products.length ? products[0].shown_price.replace(/[\d.]+/, "") : "";
  const basket = new Map();
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
    const lines = [...basket].map(([id, quantity]) => {
      const one = products.find((each) => each.variant_id === id);
      total += one.price * quantity;
      const line = make("li");
      const what = make("div");
      const steps = make("div", undefined, "row");
      steps.append(step(`One ${one.title} less`, "−", () => change(id, -1)), make("span", String(quantity), "num"), step(`One ${one.title} more`, "+", () => change(id, 1)));
      what.append(make("p", one.title), steps);
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

  const change = (id, by) => {
    const quantity = (basket.get(id) || 0) + by;
    if (quantity > 0) basket.set(id, quantity);
    else basket.delete(id);
    $("said").textContent = "";
    $("said").className = "";
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
    const lines = [...basket].map(([variant_id, quantity]) => ({ variant_id, quantity }));
    const answer = await fetch("/pos/sales", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ lines, customer_id: customer && customer.id }),
    });
    const body = await answer.json();
    $("said").className = answer.ok ? "note" : "problem";
    if (answer.ok) {
      products = body.products;
      basket.clear();
      customer = null;
      showCustomers([]);
      $("said").textContent = `Sold: ${body.order.name}, ${body.order.total}.`;
      $("search").value = "";
      $("search").focus();
    } else {
      $("said").textContent = body.error ? body.error.message : "That did not work.";
    }
    showKeys();
    showBasket();
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
