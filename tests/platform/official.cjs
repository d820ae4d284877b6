// Shopify's own JavaScript package, unchanged, as an app that a local shop installs.
//
//   node official.cjs <folder with node_modules> <the shop's address on this machine>
//
// It prints its own address, then answers: /auth (code grant), /auth/callback, POST /exchange
// {token, expiring}, POST /refresh, POST /graphql {query}, POST /webhooks, /kept (webhooks so far).
const [, , modules, platform] = process.argv;
const from = (name) => require(require.resolve(name, { paths: [modules] }));
from("@shopify/shopify-api/adapters/node");
const { shopifyApi, RequestedTokenType, Session, ApiVersion } = from("@shopify/shopify-api");
const { setAbstractFetchFunc } = from("@shopify/shopify-api/runtime");
const http = require("node:http");

// The only thing that is not as in production: the shop's domain means this machine.
setAbstractFetchFunc((url, init) =>
  fetch(String(url).replace(/^https:\/\/[a-z0-9-]+\.myshopify\.com/, platform), init),
);

const kept = [];
let api;
let session;

const read = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
};

const routes = {
  "/auth": (request, response) =>
    api.auth.begin({
      shop: new URL(request.url, "http://x").searchParams.get("shop"),
      callbackPath: "/auth/callback",
      isOnline: false,
      rawRequest: request,
      rawResponse: response,
    }),
  "/auth/callback": async (request, response) => {
    const done = await api.auth.callback({ rawRequest: request, rawResponse: response, expiring: true });
    session = done.session;
    return { scope: session.scope, expires: Boolean(session.expires), shop: session.shop };
  },
  "/exchange": async (request) => {
    const { token, online } = JSON.parse(await read(request));
    const shop = new URL((await api.session.decodeSessionToken(token)).dest).hostname;
    const done = await api.auth.tokenExchange({
      shop,
      sessionToken: token,
      requestedTokenType: online
        ? RequestedTokenType.OnlineAccessToken
        : RequestedTokenType.OfflineAccessToken,
      expiring: true,
    });
    session = done.session;
    return {
      shop: session.shop,
      scope: session.scope,
      seconds: session.expires && Math.round((session.expires - Date.now()) / 1000),
      refresh: Boolean(session.refreshToken),
      user: session.onlineAccessInfo?.associated_user?.id,
    };
  },
  "/refresh": async () => {
    const before = session.accessToken;
    const done = await api.auth.refreshToken({ shop: session.shop, refreshToken: session.refreshToken });
    session = done.session;
    return { changed: before !== session.accessToken, refresh: Boolean(session.refreshToken) };
  },
  "/graphql": async (request) => {
    const client = new api.clients.Graphql({ session });
    return await client.request((await JSON.parse(await read(request))).query);
  },
  "/webhooks": async (request, response) => {
    const rawBody = await read(request);
    const found = await api.webhooks.validate({ rawBody, rawRequest: request, rawResponse: response });
    if (!found.valid) {
      response.statusCode = found.reason === "missing_headers" ? 400 : 401;
      return { reason: found.reason };
    }
    kept.push({ topic: found.topic, domain: found.domain, id: found.webhookId });
    return {};
  },
  "/kept": () => kept,
};

const server = http.createServer(async (request, response) => {
  const route = routes[new URL(request.url, "http://x").pathname];
  try {
    const answer = route ? await route(request, response) : { error: "no such path" };
    if (response.writableEnded) return;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(answer ?? {}));
  } catch (error) {
    if (response.writableEnded) return;
    response.statusCode = 500;
    response.end(JSON.stringify({ error: error.constructor.name, message: error.message }));
  }
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  api = shopifyApi({
    apiKey: process.env.API_KEY,
    apiSecretKey: process.env.API_SECRET,
    scopes: [],
    hostName: `127.0.0.1:${port}`,
    hostScheme: "http",
    apiVersion: "2026-10",
    isEmbeddedApp: true,
    logger: { level: 0 },
  });
  console.log(`http://127.0.0.1:${port}`);
});
process.stdin.on("end", () => process.exit(0)).resume();
