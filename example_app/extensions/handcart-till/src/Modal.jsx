import "@shopify/ui-extensions/preact";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ask, codeIn } from "./app.js";
import * as basket from "./basket.js";

export default () => render(<Modal />, document.body);

const say = (key, values) => shopify.i18n.translate(key, values);
const REFUSALS = new Set(["cart_empty", "cart_unknown", "handoff_unknown", "handoff_used", "sale_over", "trial_over"]);

function Modal() {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const [found, setFound] = useState(null);
  const [made, setMade] = useState(null);

  const during = (work) => async () => {
    setBusy(true);
    setTrouble("");
    try {
      await work();
    } catch (error) {
      setTrouble(say(REFUSALS.has(error.message) ? `refused.${error.message}` : "refused.other"));
    }
    setBusy(false);
  };
  const take = (whose) =>
    during(async () => {
      const left = await basket.fill(await ask("/till/cart", whose));
      setFound(null);
      shopify.toast.show(left ? say("taken.but", { count: left }) : say("taken.whole"));
    })();
  const find = (words) => during(async () => setFound((await ask("/till/customers", { words })).customers))();
  const passOn = during(async () => {
    const body = { lines: basket.lines(), sale: basket.sale() };
    const link = await ask("/till/phone", body);
    await shopify.cart.clearCart();
    setMade(link.kept ? null : link);
    if (link.kept) shopify.toast.show(say("kept"));
  });

  return (
    <s-page heading={say("heading")}>
      <s-scroll-box>
        {trouble && <s-banner tone="critical" heading={trouble} />}
        {made ? <Link made={made} done={() => setMade(null)} /> : null}
        <Code busy={busy} take={(code) => take({ code })} />
        <Customer busy={busy} find={find} found={found} take={(id) => take({ customer_id: id })} />
        <s-section heading={say("phone.heading")}>
          <s-text>{say("phone.text")}</s-text>
          <s-button disabled={busy} onClick={passOn}>
            {say("phone.button")}
          </s-button>
        </s-section>
      </s-scroll-box>
    </s-page>
  );
}

// Typed, or read by whichever scanner the till has.
function Code({ busy, take }) {
  const [code, setCode] = useState("");
  useEffect(
    () =>
      shopify.scanner.scannerData.current.subscribe((scanned) => {
        if (scanned && scanned.data && scanned.data.includes("#handcart=")) take(codeIn(scanned.data));
      }),
    [],
  );
  return (
    <s-section heading={say("code.heading")}>
      <s-text-field label={say("code.label")} value={code} onInput={(event) => setCode(event.target.value)} />
      <s-button variant="primary" disabled={busy} onClick={() => code.trim() && take(codeIn(code))}>
        {say("code.button")}
      </s-button>
    </s-section>
  );
}

function Customer({ busy, find, found, take }) {
  const [words, setWords] = useState("");
  return (
    <s-section heading={say("customer.heading")}>
      <s-text-field label={say("customer.label")} value={words} onInput={(event) => setWords(event.target.value)} />
      <s-button disabled={busy} onClick={() => words.trim() && find(words)}>
        {say("customer.button")}
      </s-button>
      {found && !found.length ? <s-text>{say("customer.nobody")}</s-text> : null}
      {(found || []).map((one) => (
        <s-button key={one.id} disabled={busy} onClick={() => take(one.id)}>
          {[one.name, one.email, one.phone].filter(Boolean).join(" · ")}
        </s-button>
      ))}
    </s-section>
  );
}

function Link({ made, done }) {
  return (
    <s-section heading={say("link.heading")}>
      <s-image src={made.qr} alt={say("link.heading")} />
      <s-text>{made.link}</s-text>
      <s-button onClick={done}>{say("link.done")}</s-button>
    </s-section>
  );
}
