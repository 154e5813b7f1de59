// The tokens of an answer with their probabilities, as `logprobs` of the OpenAI API tells them. Pure: no document, no network.

/** The text of UTF-8 bytes; null where they end within a character, or are none. */
export function decoded(bytes) {
  try {
    return decodeURIComponent(bytes.map(byte => `%${byte.toString(16).padStart(2, '0')}`).join(''));
  } catch {
    return null;
  }
}

/** What one reads of a token: blanks and line ends are to be seen, bytes that are no character stand as numbers. */
export function readable(token) {
  const text = token.bytes ? decoded(token.bytes) : token.token;
  if (text === null) {
    return token.bytes.map(byte => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
  }
  return text.replaceAll(' ', '␣').replaceAll('\n', '↵').replaceAll('\t', '⇥');
}

/** A probability, 0 to 1, of its logarithm; the API writes -9999 for what is next to impossible. */
export const probability = logprob => Math.min(1, Math.exp(logprob));

/** One of four classes, from 0, surely drawn, to 3, hardly. */
export const doubt = share => (share >= 0.9 ? 0 : share >= 0.5 ? 1 : share >= 0.1 ? 2 : 3);

/** What one is shown of a token: the drawn one first, then those that might have been drawn, the most probable first. */
export function choices({ token, bytes, logprob, top_logprobs: top = [] }) {
  const drawn = { name: readable({ token, bytes }), share: probability(logprob), drawn: true };
  const others = top
    .filter(other => other.token !== token || String(other.bytes) !== String(bytes))
    .map(other => ({ name: readable(other), share: probability(other.logprob), drawn: false }))
    .sort((one, other) => other.share - one.share);
  return [drawn, ...others];
}

/** The tokens that were drawn so far. */
export class Tokens {
  constructor() {
    this.all = [];
  }

  /** Takes in `choices[0].logprobs.content` of a chunk. */
  add(content) {
    this.all.push(...content);
  }

  /**
   * `text` piece by piece: each with the tokens that it was drawn as, mostly one; several that only together make a
   * character share a piece. What no token is known for, or is not what they say, has none.
   */
  pieces(text) {
    const pieces = [];
    let at = 0;
    let open = [];
    for (const token of this.all) {
      open.push(token);
      const bytes = open.every(each => each.bytes) ? decoded(open.flatMap(each => each.bytes)) : open.map(each => each.token).join('');
      if (bytes === null) {
        continue;
      }
      if (!text.startsWith(bytes, at)) {
        break; // as where a stop text ended the answer
      }
      if (bytes !== '') {
        pieces.push({ text: bytes, tokens: open });
      }
      at += bytes.length;
      open = [];
    }
    return at < text.length ? [...pieces, { text: text.slice(at), tokens: [] }] : pieces;
  }
}
