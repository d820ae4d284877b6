// The shopper's cart at the till: what the app's extension does on the platform's own till.
(() => {
  const panel = document.getElementById("carts");
  if (!panel) return;
  const $ = (id) => document.getElementById(id);
  const ask = async (path, body) => {
    const answer = await fetch(panel.dataset.app + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${await till.sessionToken()}` },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error((said.error && said.error.message) || "That did not work.");
    return said;
  };
  const busy = (button, work) => async (event) => {
    if (event) event.preventDefault();
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      till.say(error.message, "problem");
    } finally {
      button.disabled = false;
    }
  };

  const take = async (whose) => {
    const cart = await ask("/till/cart", whose);
    till.clear();
    cart.lines.forEach(till.add);
    till.addAttributes(cart.attributes);
    const known = cart.customer_id && (await customers("id:" + cart.customer_id));
    if (known && known[0]) till.setCustomer(known[0]);
    const left = cart.lines.length - till.lines().length;
    till.say(left > 0 ? `${left} of the lines cannot be sold here.` : "The shopper's cart is in the basket.", "note");
  };
  const customers = async (words) => {
    const answer = await fetch("/pos/customers.json?q=" + encodeURIComponent(words));
    return (await answer.json()).customers;
  };
  // A scanner types the whole link, staff the code alone.
  const codeIn = (text) => text.trim().replace(/^.*#handcart=/, "");

  $("take-cart").addEventListener("submit", busy($("take-code"), async () => {
    await take({ code: codeIn($("code").value) });
    $("code").value = "";
  }));
  $("take-customers").addEventListener("click", busy($("take-customers"), async () => {
    if (!till.customer()) throw new Error("Choose the customer first.");
    await take({ customer_id: till.customer().id });
  }));
  $("to-phone").addEventListener("click", busy($("to-phone"), async () => {
    const made = await ask("/till/phone", { lines: till.lines(), sale: till.attributes()._handcart_sale || "" });
    till.clear();
    $("passed").replaceChildren();
    if (made.kept) return till.say("It is in the shopper's cart, on every device.", "note");
    const picture = document.createElement("img");
    picture.src = made.qr;
    picture.alt = "Scan this code with the phone";
    picture.width = picture.height = 200;
    const link = document.createElement("a");
    link.href = made.link;
    link.textContent = "Link for the phone";
    $("passed").append(picture, link);
    till.say("Let the shopper scan the code; it works once, for half an hour.", "note");
  }));
})();
