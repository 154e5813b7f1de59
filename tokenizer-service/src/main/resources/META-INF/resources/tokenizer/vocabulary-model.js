// How a text becomes tokens, merge by merge, and the pages of the vocabulary. Pure: no document, no network.

/** A token's text with its spaces and line ends made visible; everything else is as it is. */
export function visible(text) {
  return text.replace(/\n/g, '⏎').replace(/\t/g, '⇥').replace(/^ | $/g, '␣').replace(/^$/, '∅');
}

/** A text on its way from symbols to tokens, as the service derives it. */
export class Derivation {
  constructor({ names, symbols, pieces, steps }, text) {
    this.names = names;
    this.symbols = symbols;
    this.pieces = new Set(pieces);
    this.steps = steps;
    this.text = text;
  }

  /** Tokens after the first `count` merges: ids, and whether each opens a piece. */
  tokensAt(count) {
    const tokens = this.symbols.map((id, place) => ({ id, opens: this.pieces.has(place) }));
    for (const { position, id } of this.steps.slice(0, count)) {
      tokens.splice(position, 2, { id, opens: tokens[position].opens });
    }
    return tokens;
  }

  /** The place of the token that merge number `count` made; -1 before the first merge. */
  madeAt(count) {
    return count === 0 ? -1 : this.steps[count - 1].position;
  }

  /** What merge number `count` did, in words. */
  stepText(count, messages) {
    if (count === 0) {
      return messages.text('vocabulary.beforeMerges');
    }
    const { position, id, order } = this.steps[count - 1];
    const before = this.tokensAt(count - 1);
    const name = token => visible(this.names[token].text);
    return messages.text('vocabulary.merge', {
      step: count,
      steps: this.steps.length,
      left: name(before[position].id),
      right: name(before[position + 1].id),
      made: name(id),
      order,
    });
  }

  /** How long the text is after the first `count` merges, in words; nothing of an empty text. */
  figuresText(count, messages) {
    const tokens = this.symbols.length - count;
    return tokens === 0 ? '' : messages.text('vocabulary.figures', {
      characters: [...this.text].length,
      tokens,
      bytes: Math.round(100 * utf8Length(this.text) / tokens) / 100,
    });
  }
}

/** What hovering over a token tells: its id, what it is, and how often it stands in the documents it was learned from. */
export function tokenTitle(id, { kind, bytes, frequency }, messages) {
  const name = kindName(kind, messages);
  const often = frequency === null || frequency === undefined
    ? '' : ` · ${messages.text('vocabulary.occurrences', { occurrences: frequency })}`;
  return `${id}${name ? ` · ${name}` : ''} · ${bytes} B${often}`;
}

/** The tokenizers that the one in use can be compared with: `{sha256, label}`; none while there is only one. */
export const others = (tokenizers, messages) => tokenizers.filter(({ inUse }) => !inUse).map(({ name, sha256, vocabularySize }) => ({
  sha256, label: messages.text('vocabulary.otherTokenizer', { name, sha256: sha256.slice(0, 12), tokens: vocabularySize }),
}));

/** The name of a kind of token; empty for plain ones. */
export function kindName(kind, messages) {
  return messages.has(`kind.${kind}`) ? messages.text(`kind.${kind}`) : '';
}

/** Which page of which search is shown. */
export class VocabularySearch {
  constructor() {
    this.page = 0;
    this.answered = false;
  }

  /** The address of the page after turning by `turn`; of the first page without it. */
  address(search, order, turn) {
    this.page = turn === undefined ? 0 : this.page + turn;
    return `vocabulary?${new URLSearchParams({ search, order, page: this.page })}`;
  }

  /** Takes in what the service found. */
  found({ page }) {
    this.page = page;
    this.answered = true;
  }
}

function utf8Length(text) {
  return [...text].reduce((bytes, character) => {
    const code = character.codePointAt(0);
    return bytes + (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
  }, 0);
}
