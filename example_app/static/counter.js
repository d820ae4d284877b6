// The counter beyond htmx: taps that outlive a lost connection, a sound for new orders, a barcode
// scanner that types, and printing.
//
// A tap is written down in this browser before it is sent, with a key of its own, and struck out
// once the server has answered it. What is written down is sent in its order until then; the key
// lets the server do it once, however often it comes.
(() => {
  "use strict";
  const KEPT = "handcart-taps";
  const AGAIN = 3000;
  const PATIENCE = 15000;
  // Pages are swapped into each other: what is on this one is looked for when it is needed.
  const counter = () => document.querySelector("[data-counter]");
  const words = () => counter()?.dataset || {};

  // Taps

  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(KEPT) || "[]");
    } catch {
      return [];
    }
  };
  const write = (taps) => {
    try {
      localStorage.setItem(KEPT, JSON.stringify(taps));
    } catch {
      // Without storage a tap is only as good as the connection.
    }
    mark(taps);
  };
  const keep = (tap) => write([...read(), tap]);
  const strike = (id) => write(read().filter((tap) => tap.id !== id));

  const under = new Set();
  let sending = false;

  const mark = (taps) => {
    const waiting = taps.filter((tap) => !under.has(tap.id));
    const line = document.getElementById("taps");
    if (line) {
      const text = waiting.length ? (words().waits || "").replace("%(num)s", waiting.length.toLocaleString(document.documentElement.lang)) : "";
      if (line.textContent !== text) line.textContent = text;
    }
    for (const card of document.querySelectorAll("[data-pickup]")) {
      card.classList.toggle("has-taps", waiting.some((tap) => tap.pickup === card.dataset.pickup));
    }
  };

  const ofForm = (body) => new URLSearchParams([...body].filter(([, text]) => typeof text === "string")).toString();
  const answered = (status) => status >= 200 && status < 500 && status !== 401;

  document.addEventListener("htmx:config:request", (event) => {
    const ctx = event.detail.ctx;
    const card = ctx.sourceElement?.closest?.("[data-pickup]");
    if (!card || String(ctx.request.method).toUpperCase() !== "POST") return;
    const tap = {
      id: crypto.randomUUID(),
      url: ctx.request.action,
      body: ofForm(ctx.request.body),
      pickup: card.dataset.pickup,
      order: card.querySelector("h3 bdi")?.textContent || "",
    };
    const before = read().length > 0;
    ctx.request.headers["Idempotency-Key"] = tap.id;
    ctx.tap = tap;
    if (before || !navigator.onLine) {
      event.preventDefault();
      keep(tap);
      send();
    } else {
      under.add(tap.id);
      keep(tap);
    }
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { tap, response } = event.detail.ctx || {};
    if (tap && answered(response?.status ?? 0)) strike(tap.id);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const { tap } = event.detail.ctx || {};
    if (!tap) return;
    under.delete(tap.id);
    mark(read());
  });

  const post = (tap) =>
    fetch(tap.url, {
      method: "POST",
      headers: {
        "HX-Request": "true",
        "Idempotency-Key": tap.id,
        "Content-Type": "application/x-www-form-urlencoded",
      },
      body: tap.body,
      signal: AbortSignal.timeout(PATIENCE),
    });
  const refusal = (text, tap) => {
    const shown = new DOMParser().parseFromString(text, "text/html");
    const said = shown.querySelector(".refused, #plan .why")?.textContent || words().refused || "";
    return `${tap.order}: ${said}`;
  };

  const send = async () => {
    if (sending || !navigator.onLine) return;
    sending = true;
    let sent = 0;
    try {
      for (let [tap] = read(); tap && !under.has(tap.id); [tap] = read()) {
        const answer = await post(tap);
        if (!answered(answer.status)) break;
        const text = await answer.text();
        if (answer.status >= 400) late(refusal(text, tap));
        strike(tap.id);
        sent += 1;
      }
    } catch {
      // No connection after all: the next round tries again.
    } finally {
      sending = false;
    }
    if (sent) document.getElementById("queue")?.dispatchEvent(new Event("look"));
  };
  const late = (text) => {
    const line = document.getElementById("late");
    if (line) line.textContent = line.textContent ? `${line.textContent} ${text}` : text;
  };
  setInterval(send, AGAIN);
  addEventListener("online", send);
  addEventListener("storage", (event) => {
    if (event.key === KEPT) mark(read());
  });

  // Sound: off until somebody wants it; browsers let a page be heard only after it was touched.

  const SOUND = "handcart-sound";
  let audio = null;
  let known = null;
  let store = "";
  const wanted = () => localStorage.getItem(SOUND) === "on";
  const wake = () => {
    if (!wanted()) return;
    audio ??= new AudioContext();
    audio.resume();
  };
  const ring = () => {
    if (audio?.state !== "running") return;
    for (const [pitch, start] of [[784, 0], [1047, 0.16]]) {
      const tone = audio.createOscillator();
      const loud = audio.createGain();
      const at = audio.currentTime + start;
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, at);
      loud.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
      tone.connect(loud).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.32);
    }
    counter().dataset.rung = String(Number(words().rung || 0) + 1);
  };
  const listen = () => {
    if (!counter()) return;
    if (store !== words().counter) known = null;
    store = words().counter;
    const ids = [...document.querySelectorAll(".pickup.requested")].map((card) => card.dataset.pickup);
    if (known && !document.getElementById("find")?.value && ids.some((id) => !known.has(id))) ring();
    known = new Set([...(known || []), ...ids]);
  };
  const showSound = () => {
    document.querySelector("[data-sound]")?.setAttribute("aria-pressed", String(wanted()));
  };
  addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-sound]")) return;
    localStorage.setItem(SOUND, wanted() ? "off" : "on");
    showSound();
    wake();
  });
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake, { passive: true });

  // A scanner types faster than people and ends with Enter; what it typed is looked for.

  const FAST = 60;
  // In a field for codes a signed code is one all the same; the field for names asks the server.
  addEventListener("keydown", (event) => {
    const field = event.target.closest?.(navigator.onLine ? ".code-entry" : "#find, .code-entry");
    if (event.key !== "Enter" || !field || !counter()) return;
    if (window.handcartSigned?.(field.value, () => field.form?.requestSubmit())) event.preventDefault();
  });
  let typed = "";
  let last = 0;
  addEventListener("keydown", (event) => {
    if (event.target.closest?.("input, select, textarea")) return;
    const now = performance.now();
    if (now - last > FAST) typed = "";
    last = now;
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      typed += event.key;
    } else if (event.key === "Enter" && typed.length >= 4) {
      event.preventDefault();
      const text = typed;
      typed = "";
      const look = () => {
        const find = document.getElementById("find");
        if (find) find.value = text;
        document.querySelector(".find button")?.click();
      };
      if (!window.handcartSigned?.(text, look)) look();
    }
  });

  document.addEventListener("htmx:after:swap", () => {
    mark(read());
    listen();
    showSound();
    // One order was scanned: a last Enter hands it over.
    const scanned = document.querySelector("[data-scanned] .pickup.ready button.primary");
    if (scanned && (document.activeElement === document.body || document.activeElement?.id === "find")) scanned.focus();
  });
  showSound();
  mark(read());
  listen();
  send();
})();
