// A barcode scanner types and presses Enter. It is heard wherever the focus is, and the item that is
// being counted already gets one more with each scan.
(() => {
  "use strict";
  if (document.documentElement.dataset.scanner) return;
  document.documentElement.dataset.scanner = "on";
  const find = () => document.getElementById("find");

  document.addEventListener("keydown", (event) => {
    const idle = document.activeElement === document.body || document.activeElement?.id === "said";
    if (idle && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      find()?.focus();
    }
  });
  document.addEventListener(
    "submit",
    (event) => {
      const counted = document.getElementById("counted");
      const shelf = document.querySelector("[data-codes]");
      const text = find()?.value.trim().toLowerCase();
      if (event.target.id !== "scan" || !counted || !shelf || !text) return;
      const codes = JSON.parse(shelf.dataset.codes).filter(Boolean);
      if (!codes.some((code) => code.toLowerCase() === text)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      counted.value = String(Number(counted.value || 0) + 1);
      find().value = "";
    },
    true,
  );
  // Ready for the next scan; what was scanned for the first time is the first one counted.
  document.addEventListener("htmx:after:swap", () => {
    const input = find();
    const counted = document.getElementById("counted");
    if (!input || !input.value) return;
    if (counted && !counted.value && document.querySelector("[data-codes]")) {
      const codes = JSON.parse(document.querySelector("[data-codes]").dataset.codes).filter(Boolean);
      if (codes.some((code) => code.toLowerCase() === input.value.trim().toLowerCase())) {
        counted.value = "1";
      }
    }
    input.value = "";
    input.focus();
  });
})();
