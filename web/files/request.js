// Requests to the daemon.

/** Refusal is an answer that is no success: its sentence, and its status; 0: nobody answered. */
export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** ask sends a request and returns its JSON, or null if the answer has none. It throws a Refusal. */
export async function ask(method, path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? headers : {...headers, 'Content-Type': 'application/json'},
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
    });
  } catch (problem) {
    throw new Refusal(0, 'The daemon does not answer.');
  }
  const text = await answer.text();
  let value = null;
  try {
    value = text && JSON.parse(text);
  } catch (problem) {
    value = null; // no JSON, as of a proxy
  }
  if (!answer.ok) throw new Refusal(answer.status, value?.error ?? `The daemon refused: ${answer.status} ${answer.statusText}`);
  return value || null;
}

/** there returns what a path answers, or null if the daemon has no such path: a panel then hides itself. */
export async function there(path) {
  try {
    return await ask('GET', path);
  } catch (refusal) {
    if (refusal.status === 404) return null;
    throw refusal;
  }
}

/** socket opens a WebSocket of the daemon. */
export const socket = (path) => new WebSocket(new URL(path, self.location.href).href.replace(/^http/, 'ws'));

/** pathOf writes a subject as one segment of a path. */
export const pathOf = (subject) => encodeURIComponent(subject);
