// The app's doors (docs/reference/carts.md, "Doors of a till"). The till completes the address with
// the app's own and adds who is signed in to it (shopify.dev, POS UI extensions, App authentication).
export const ask = async (path, body) => {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused((said.error && said.error.code) || "no_answer");
  return said;
};

export class Refused extends Error {}

// A scanner reads the whole link, staff type the code alone.
export const codeIn = (text) => text.trim().replace(/^.*#handcart=/, "");
