// Codes that a shopper's QR says, checked here with the shop's public keys: also while the network
// is away. The server has the last word; it alone knows what was taken back or collected before.
(() => {
  "use strict";
  const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const CODE = /^(HC1\.(\d+)\.(\d+)\.(\d+)\.(\d+))\.([A-Z2-7]{103})$/;
  const tools = () => document.querySelector("[data-counter]");
  const words = () => tools()?.dataset || {};

  const unpacked = (text) => {
    const bytes = [];
    let bits = 0;
    let held = 0;
    for (const character of text) {
      held = ((held << 5) | BASE32.indexOf(character)) & 0xfff;
      bits += 5;
      if (bits >= 8) bytes.push((held >> (bits -= 8)) & 0xff);
    }
    return new Uint8Array(bytes);
  };
  const raw = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  // Whether the shop signed it; null when this browser cannot tell.
  const isRight = async (said, signature) => {
    const message = new TextEncoder().encode(`handcart pickup|${words().shop}|${said}`);
    try {
      for (const key of (words().keys || "").split(" ").filter(Boolean)) {
        const known = await crypto.subtle.importKey("raw", raw(key), "Ed25519", false, ["verify"]);
        if (await crypto.subtle.verify("Ed25519", known, unpacked(signature), message)) return true;
      }
      return false;
    } catch {
      return null;
    }
  };

  const say = (text, wrong = false) => {
    const line = document.getElementById("signed");
    if (!line) return;
    line.textContent = text;
    line.classList.toggle("refused", wrong);
  };

  // The order's card stands ready with the code in it: one more Enter hands it over.
  const show = (card, code, person) => {
    const order = card.querySelector("h3 bdi")?.textContent || "";
    say((person === "0" ? words().signedOwn : words().signedSent).replace("%(order)s", order));
    const field = card.querySelector("input[name=code]");
    if (!field) return;
    for (const other of document.querySelectorAll("#find, .code-entry"))
      if (other.value.toUpperCase().startsWith("HC1.")) other.value = "";
    field.value = code;
    card.scrollIntoView({ block: "nearest" });
    card.querySelector("form .primary")?.focus();
  };

  // True when the text is such a code; `look` asks the server for its order.
  const scanned = (text, look) => {
    const code = text.trim().toUpperCase();
    if (!code.startsWith("HC1.")) return false;
    check(code, look);
    return true;
  };
  const check = async (code, look) => {
    const [, said, pickup, , person, until, signature] = CODE.exec(code) || [];
    const right = said ? await isRight(said, signature) : false;
    if (right === false) return say(words().signedWrong, true);
    if (Number(until) * 1000 < Date.now()) return say(words().signedOver, true);
    const card = document.querySelector(`[data-pickup="${pickup}"]`);
    if (right && card) return show(card, code, person);
    if (navigator.onLine) {
      say("");
      return look();
    }
    say(right ? words().signedElsewhere : words().signedUnknown, !right);
  };

  window.handcartSigned = scanned;
})();
