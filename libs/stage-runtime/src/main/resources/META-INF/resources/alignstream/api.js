// Calls of a service. What goes wrong is told as a reason, which any language can say.

const LONGEST_WAY = 60_000;

/** A call that failed; `status` is 0 if the service did not answer, `code` is a program's name for the failure. */
export class CallFailed extends Error {
  constructor(status, reason, code) {
    super(reason.code);
    this.status = status;
    this.reason = reason;
    this.code = code;
  }
}

/** Gets JSON; null if there is none (204). */
export const get = path => call(path, { headers: { Accept: 'application/json' } }).then(json);

/** Posts `body` as JSON and gets JSON. */
export const post = (path, body) => open(path, body).then(json);

/** Posts `body` as JSON; resolves to the response, whose body may be read piece by piece. */
export function open(path, body, signal) {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  return call(path, {
    method: 'POST',
    signal,
    headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
    ...content,
  });
}

/** Why something failed, as a reason. */
export function reasonOf(problem) {
  return problem instanceof CallFailed ? problem.reason : { code: 'call.broken' };
}

/** The failure that an error body tells: ours `{error: reason}` or OpenAI's `{error: {message, code, reason}}`. */
export function failure(status, body) {
  const error = body?.error ?? {};
  if (error.reason) {
    return new CallFailed(status, error.reason, error.code);
  }
  return new CallFailed(status, error.code ? error : { code: 'call.refused', arguments: { status: String(status) } });
}

/** Whether the visitor is on the way to another page: to reload would keep who signs out from the provider's sign-out. */
let leaving = false;
if (typeof addEventListener !== 'undefined') {
  addEventListener('beforeunload', () => {
    leaving = true;
    setTimeout(() => (leaving = false), LONGEST_WAY); // they have stayed
  });
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (problem) {
    if (problem.name === 'AbortError') {
      throw problem;
    }
    throw new CallFailed(0, { code: 'call.unreachable' });
  }
  if (response.status === 401 && typeof location !== 'undefined' && !leaving) {
    location.reload(); // the session is over: the server shows the sign-in and leads back here
  }
  if (!response.ok) {
    throw failure(response.status, await response.json().catch(() => null));
  }
  return response;
}

const json = response => (response.status === 204 ? null : response.json());
