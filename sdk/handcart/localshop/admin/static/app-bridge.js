// A stand-in for App Bridge on the local platform. The app loads it as it loads the real one:
//   <script data-api-key="…" src="…/shopifycloud/app-bridge.js"></script>, first in <head>.
//
// The same as the real one: shopify.config, shopify.environment, shopify.idToken(),
// shopify.toast.show/hide, shopify.loading, shopify.scopes.query, request and revoke; fetch to the app's own origin
// carries "Authorization: Bearer <ID token>" and is repeated once after a 401 that says
// X-Shopify-Retry-Invalid-Session-Request; X-Shopify-API-Request-Failure-Reauthorize-Url leaves
// the frame; a page opened with ?shopify-reload=<address> goes there with a fresh id_token; a page
// opened outside the admin is taken into it.
// Different: tokens are never reused (the real one keeps a token while it is fresh); no web
// components, save bar, modals, resource picker, POS or direct Admin API access; XMLHttpRequest is
// left alone by both, so a library that uses it has to ask shopify.idToken() itself.
(() => {
  const script = document.currentScript;
  const admin = new URL(script.src).origin;
  const meta = document.querySelector('meta[name="shopify-api-key"]');
  const apiKey = script.dataset.apiKey || (meta && meta.content) || "";
  const here = new URL(location.href);

  if (window.parent === window) {
    location.replace(`${admin}/admin/apps/${encodeURIComponent(apiKey)}${here.pathname}`);
    return;
  }

  const kept = "local-app-bridge";
  const remembered = JSON.parse(sessionStorage.getItem(kept) || "{}");
  const named = (name) => here.searchParams.get(name) || remembered[name] || "";
  const config = { apiKey, shop: named("shop"), host: named("host"), locale: named("locale") || "en" };
  sessionStorage.setItem(kept, JSON.stringify(config));

  const waiting = new Map();
  let number = 0;
  const tell = (message) => window.parent.postMessage({ appBridge: true, ...message }, admin);
  const ask = (message) =>
    new Promise((take, refuse) => {
      const id = ++number;
      waiting.set(id, { take, refuse });
      tell({ ...message, id });
      // A merchant who is asked takes their time.
      const patience = message.want === "scopes-request" ? 600000 : 10000;
      setTimeout(() => waiting.delete(id) && refuse(new Error("the admin did not answer")), patience);
    });
  window.addEventListener("message", (event) => {
    if (event.origin !== admin || event.source !== window.parent || !event.data) return;
    const asked = waiting.get(event.data.id);
    if (!asked || !waiting.delete(event.data.id)) return;
    if (event.data.error) asked.refuse(new Error(event.data.error));
    else asked.take(event.data.value);
  });

  const idToken = () => ask({ want: "id-token" });

  const plain = window.fetch.bind(window);
  const signed = async (request) => {
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${await idToken()}`);
    return plain(new Request(request, { headers }));
  };
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const ours = new URL(request.url).origin === location.origin;
    if (!ours || request.headers.has("Authorization")) return plain(request);
    const again = request.clone();
    let answer = await signed(request);
    if (answer.status === 401 && answer.headers.get("X-Shopify-Retry-Invalid-Session-Request") === "1") {
      answer = await signed(again);
    }
    const leave = answer.headers.get("X-Shopify-API-Request-Failure-Reauthorize-Url");
    if (leave) tell({ want: "leave", url: new URL(leave, location.href).href });
    return answer;
  };

  window.shopify = {
    config,
    environment: { embedded: true, mobile: false, pos: false, intent: false },
    ready: Promise.resolve(),
    idToken,
    loading: () => {},
    scopes: {
      query: () => ask({ want: "scopes" }),
      request: (scopes) => ask({ want: "scopes-request", scopes }),
      revoke: (scopes) => ask({ want: "scopes-revoke", scopes }),
    },
    toast: {
      show: (text, options = {}) => {
        tell({ want: "toast", text: String(text), isError: Boolean(options.isError), duration: options.duration || 5000 });
        return "toast";
      },
      hide: () => tell({ want: "toast", text: "" }),
    },
  };

  const reload = here.searchParams.get("shopify-reload");
  if (reload) {
    const target = new URL(reload, location.href);
    if (target.origin === location.origin) {
      idToken().then((token) => {
        target.searchParams.set("id_token", token);
        for (const name of ["shop", "host", "locale"]) {
          if (config[name] && !target.searchParams.has(name)) target.searchParams.set(name, config[name]);
        }
        target.searchParams.set("embedded", "1");
        location.replace(target);
      });
    }
    return;
  }
  tell({ want: "path", path: here.pathname });
})();
