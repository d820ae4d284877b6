// The admin's side of the frame: it answers the app's page and nobody else.
(() => {
  const frame = document.getElementById("app-frame");
  const app = frame.dataset.origin;
  const home = frame.dataset.home;
  const toast = document.getElementById("toast");
  let hiding;

  const scopesBecome = async (change) => {
    const answer = await fetch("/admin/scopes", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(change) });
    if (!answer.ok) throw new Error((await answer.json()).error.message);
    return answer.json();
  };

  const answers = {
    "id-token": async () => {
      const answer = await fetch("/admin/id-token", { method: "POST" });
      if (!answer.ok) throw new Error("the app is not installed");
      return (await answer.json()).id_token;
    },
    scopes: async () => (await fetch("/admin/scopes")).json(),
    "scopes-request": async ({ scopes }) => {
      const agreed = confirm(`${frame.title} would like to have: ${scopes.join(", ")}`);
      const detail = agreed ? await scopesBecome({ grant: scopes }) : await answers.scopes();
      return { result: agreed ? "granted-all" : "declined-all", detail };
    },
    "scopes-revoke": async ({ scopes }) => ({ detail: await scopesBecome({ revoke: scopes }) }),
    leave: async (message) => { if (/^https?:/.test(message.url)) location.assign(message.url); },
    path: async (message) => history.replaceState(null, "", home + (message.path === "/" ? "" : message.path)),
    toast: async (message) => {
      clearTimeout(hiding);
      toast.textContent = message.text;
      toast.hidden = !message.text;
      hiding = setTimeout(() => { toast.hidden = true; }, message.duration);
    },
  };

  window.addEventListener("message", async (event) => {
    const message = event.data;
    if (event.origin !== app || event.source !== frame.contentWindow) return;
    if (!message || !message.appBridge || !Object.hasOwn(answers, message.want)) return;
    const reply = { id: message.id };
    try {
      reply.value = await answers[message.want](message);
    } catch (error) {
      reply.error = error.message;
    }
    if (message.id) event.source.postMessage(reply, app);
  });
})();
