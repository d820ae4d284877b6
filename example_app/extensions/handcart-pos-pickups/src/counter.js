// The app's doors for the till (POST /till/pickups…), asked as whoever signed in to it. A path
// alone is taken from the app's own address, and a tap has a key, so that it is done once.

const key = () =>
  crypto.randomUUID?.() ?? Array.from({length: 4}, () => Math.random().toString(36).slice(2)).join('-');

export class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const ask = async (path, body) => {
  const token = await shopify.session.getSessionToken();
  if (!token) throw new Refused(401, 'token_missing');
  const answer = await fetch(path, {
    method: 'POST',
    headers: {Authorization: `Bearer ${token}`, 'Content-Type': 'application/json'},
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said.error?.code || 'no_answer');
  return said;
};

export const here = () => shopify.session.currentSession.locationId;

export const queue = (find = '') => ask('/till/pickups', {location_id: here(), find});

// Sent again with the same key while no answer comes: three times in all.
export const tap = async (pickup, act, more = {}) => {
  const body = {...more, key: key()};
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask(`/till/pickups/${pickup.id}/${act}`, body);
    } catch (error) {
      if (error instanceof Refused && error.status < 500) throw error;
      if (tries === 3) throw error;
    }
  }
};
