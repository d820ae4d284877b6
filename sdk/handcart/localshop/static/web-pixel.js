// The platform's side of the sandbox, inside the worker: what @shopify/web-pixels-extension gives
// to a pixel. Events come from the page; storage is asked for, since a worker has none.
const subscribers = new Map();
const heard = [];
const asked = new Map();
let number = 0;
let begin;
const begun = new Promise((resolve) => { begin = resolve; });

const storage = (area) => {
  const ask = (method) => (...args) =>
    new Promise((resolve) => {
      asked.set((number += 1), resolve);
      postMessage({ ask: number, area, method, args });
    });
  return { getItem: ask("getItem"), setItem: ask("setItem"), removeItem: ask("removeItem") };
};

const tell = (name, event) => {
  for (const [wanted, callback] of subscribers.get(name) || []) {
    if (wanted === name || wanted === "all_events" || wanted === "all_standard_events") callback(event);
  }
};

const subscribe = async (name, callback) => {
  const names = name.startsWith("all_") ? [...new Set(heard.map((event) => event.name))] : [name];
  for (const each of names) subscribers.set(each, [...(subscribers.get(each) || []), [name, callback]]);
  // What happened on this page before somebody listened is told, too.
  heard.filter((event) => names.includes(event.name)).forEach((event) => callback(event));
  return () => names.forEach((each) => subscribers.set(each, subscribers.get(each).filter(([, one]) => one !== callback)));
};

addEventListener("message", ({ data }) => {
  if (data.begin) begin(data.begin);
  else if (data.event) { heard.push(data.event); tell(data.event.name, data.event); }
  else if (asked.has(data.answer)) { asked.get(data.answer)(data.value); asked.delete(data.answer); }
});

export const register = (start) =>
  begun.then(({ settings, init, privacy }) =>
    start({
      settings,
      init,
      analytics: { subscribe, publish: async () => true },
      customerPrivacy: { subscribe: () => {} },
      browser: { localStorage: storage("localStorage"), sessionStorage: storage("sessionStorage") },
      _pixelInfo: { runtimeContext: "STRICT", privacy },
    }),
  );
