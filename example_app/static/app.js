// The little that htmx does not do: say when the connection is gone, and keep the keyboard's place.
(() => {
  "use strict";
  const offline = document.querySelector("[data-offline]");
  const show = (gone) => {
    if (offline) offline.textContent = gone ? offline.dataset.offline : "";
  };
  const after = (event) => event.detail.ctx?.response?.status ?? 0;

  document.addEventListener("htmx:after:request", (event) => {
    const status = after(event);
    show(status === 0 || status === 401 || status >= 500);
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.error instanceof TypeError) show(true);
  });
  // A card that leaves takes the focus with it; the news of what happened is the next best place.
  document.addEventListener("htmx:after:swap", () => {
    const news = document.getElementById("said");
    if (news?.textContent && document.activeElement === document.body) news.focus();
  });
  // What a sheet was opened for is done; a refusal is said beside the card.
  document.addEventListener("submit", (event) => {
    event.target.closest("[popover]")?.hidePopover();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-print]")) window.print();
    const file = event.target.closest?.("[data-download]");
    if (!file) return;
    // A link carries no token; a fetch does.
    event.preventDefault();
    fetch(file.href)
      .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error(String(answer.status)))))
      .then((blob) => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        link.download = file.dataset.download;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      })
      .catch(() => show(true));
  });
  // The admin asks the merchant; what they agreed to is seen with the next figures.
  document.addEventListener("click", (event) => {
    const ask = event.target.closest?.("[data-ask-scopes]");
    if (ask) window.shopify?.scopes.request(ask.dataset.askScopes.split(" ")).catch(() => show(true));
  });
  // A frame that is sent to a file stays blank, and only a fetch carries the merchant's token.
  const save = async (link) => {
    const answer = await fetch(link.href);
    show(!answer.ok);
    if (!answer.ok) return;
    const address = URL.createObjectURL(await answer.blob());
    Object.assign(document.createElement("a"), { href: address, download: link.download }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[download]");
    if (!link || link.protocol === "blob:") return;
    event.preventDefault();
    save(link).catch(() => show(true));
  });
  // On a phone the chosen store's tab may lie outside of what is seen.
  const showTab = () => {
    document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  };
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.target === document.body) showTab();
  });
  showTab();
})();
