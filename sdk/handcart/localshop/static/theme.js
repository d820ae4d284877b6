// The theme's own small script: it sends its forms to the Ajax cart, so that the page says what
// happened without a reload, and tells everybody with the standard storefront event. Without it
// the same forms go to the same addresses by themselves.
(() => {
  const root = window.Shopify.routes.root;

  const announce = (cart) => {
    for (const place of document.querySelectorAll("[data-cart-count]")) place.textContent = cart.item_count;
    document.dispatchEvent(new CustomEvent("shopify:cart:lines-update", { bubbles: true, detail: { cart } }));
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-add-to-cart]")) return;
    event.preventDefault();
    const said = form.querySelector("[data-said]");
    const answer = await fetch(root + "cart/add.js", { method: "POST", body: new FormData(form) });
    const body = await answer.json();
    said.className = answer.ok ? "note" : "problem";
    said.textContent = answer.ok ? `Added: ${body.title}. ` : body.description;
    if (answer.ok) {
      document.dispatchEvent(new CustomEvent("web-pixels:added"));
      const link = document.createElement("a");
      link.href = root + "cart";
      link.textContent = "See your cart";
      said.append(link);
    }
    announce(await (await fetch(root + "cart.js")).json());
  });
})();
