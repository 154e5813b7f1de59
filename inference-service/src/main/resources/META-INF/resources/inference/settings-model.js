// How answers are asked for, as a person has set it. Pure: no document, no network.

/** Names as in the API; null where the service decides. */
export const DEFAULTS = Object.freeze({
  temperature: 0.7, top_p: 1, max_tokens: null, seed: null, system: '', probabilities: false, pairs: false, retrieval: false,
});

/** Alternatives that are asked for with each token. */
const ALTERNATIVES = 5;

const RANGES = {
  temperature: value => value >= 0 && value <= 2,
  top_p: value => value >= 0 && value <= 1,
  max_tokens: value => Number.isInteger(value) && value >= 1,
  seed: value => Number.isSafeInteger(value),
};

/** What was kept, a JSON text, or the defaults in place of what is none. */
export function settingsOf(json) {
  let kept;
  try {
    kept = JSON.parse(json) ?? {};
  } catch {
    kept = {};
  }
  const known = Object.entries(DEFAULTS).map(([name, value]) => [name, isPossible(name, kept[name]) ? kept[name] : value]);
  return Object.fromEntries(known);
}

function isPossible(name, value) {
  if (name in RANGES) {
    return value === null ? DEFAULTS[name] === null : typeof value === 'number' && RANGES[name](value);
  }
  return typeof value === typeof DEFAULTS[name];
}

/** `settings` with what was typed for `name`; null if that cannot be. Nothing typed is the default. */
export function typed(settings, name, text) {
  const number = name in RANGES;
  const value = !number ? text : text.trim() === '' ? DEFAULTS[name] : Number(text);
  return isPossible(name, value) ? { ...settings, [name]: value } : null;
}

/** The fields of a request that follow from `settings`. */
export function fields({ temperature, top_p, max_tokens, seed, probabilities, retrieval }) {
  return {
    temperature,
    top_p,
    ...(max_tokens === null ? {} : { max_tokens }),
    ...(seed === null ? {} : { seed }),
    ...(probabilities ? { logprobs: true, top_logprobs: ALTERNATIVES } : {}),
    ...(retrieval ? { retrieval: true } : {}),
  };
}

/** Whether a request was refused because of its token probabilities. */
export const refusesProbabilities = ({ status, reason }) =>
  status === 400 && ['logprobs', 'top_logprobs'].includes(reason?.arguments?.parameter);

/** The models of `/v1/models`, each with the name that it is called by and what tells it from others. */
export function versions(list) {
  return (list?.data ?? []).map(({ id, sha256, run, created }) =>
    ({ id, run, created, label: sha256 ? `${id} · ${sha256.slice(0, 12)}` : id }));
}

/** Which of the models is asked: the one that was picked, as long as it is served, else the first; null without any. */
export const picked = (models, id) => (models.find(model => model.id === id) ?? models[0])?.id ?? null;
