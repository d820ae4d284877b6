// Counts how far shoppers come: each step once in a browser session. Nothing is sent but the
// shop's ticket and the name of the step; what the events say of the shopper is not looked at.
import { register } from "@shopify/web-pixels-extension";

const STEPS = ["cart_viewed", "product_added_to_cart", "checkout_started", "checkout_completed"];

register(({ analytics, browser, settings }) => {
  const known = new Set();

  const tell = async (step) => {
    if (known.has(step)) return;
    known.add(step);
    const key = `handcart:${step}`;
    if (await browser.sessionStorage.getItem(key)) return;
    await browser.sessionStorage.setItem(key, "1");
    // Text, so that the browser need not ask first; kept alive, for the page may be left just now.
    const body = JSON.stringify({ ticket: settings.ticket, step });
    await fetch(settings.endpoint, { method: "POST", body, keepalive: true }).catch(() => {});
  };

  for (const step of STEPS) analytics.subscribe(step, () => tell(step));
});
