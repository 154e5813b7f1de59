// Probabilities as the explorer shows them: candidates, the next token under temperature and top-p, what guessing would
// give. Pure: no document, no network.

/** The versions of a model, in the order in which they were made. */
export const VERSIONS = ['base', 'sft', 'aligned'];

/** The lines of a text that hold something, without blanks around them, each once. */
export const lines = text => [...new Set(text.split('\n').map(line => line.trim()).filter(line => line))];

/**
 * Candidates with their figures in each version that has answered, `{candidate, figures: {base: {share, logProbability}}}`,
 * those first that the newest version finds most probable.
 */
export function candidateRows(answers) {
  const rows = new Map();
  for (const version of VERSIONS) {
    for (const { candidate, share, logProbability } of answers[version] ?? []) {
      const row = rows.get(candidate) ?? { candidate, figures: {} };
      row.figures[version] = { share, logProbability };
      rows.set(candidate, row);
    }
  }
  const newest = VERSIONS.findLast(version => answers[version]);
  return [...rows.values()].sort((one, other) =>
    (other.figures[newest]?.share ?? 0) - (one.figures[newest]?.share ?? 0));
}

/** A token as people see it: what cannot be seen is drawn. */
export const shownToken = text => text.replace(/ /g, '␣').replace(/\n/g, '⏎');

/**
 * A text with the most probable token in each blank, `[{text, blank}]`; `side` is that from which they were found. The space
 * before a blank is the token's own.
 */
export function filled({ pieces, blanks }, side) {
  return pieces.flatMap((piece, index) => {
    const isLast = index === blanks.length;
    const text = { text: isLast ? piece : piece.trimEnd(), blank: false };
    return isLast ? [text] : [text, { text: blanks[index][side][0].text, blank: true }];
  }).filter(({ text }) => text !== '');
}

/** A probability as people write it, from its natural logarithm: `12.3 %`, `4.5·10⁻⁷`. */
export function probabilityText(logProbability, messages) {
  const exponent = Math.floor(logProbability / Math.LN10);
  if (exponent >= -3) {
    return messages.share(Math.exp(logProbability));
  }
  const digits = [...String(-exponent)].map(digit => '⁰¹²³⁴⁵⁶⁷⁸⁹'[digit]).join('');
  return `${messages.numbers.format(Number(Math.exp(logProbability - exponent * Math.LN10).toFixed(1)))}·10⁻${digits}`;
}

/**
 * The next token's probabilities at a temperature, of those that top-p leaves:
 * `{choices: [{id, text, probability, kept}], others: {tokens, kept, probability}, groups}`.
 * `choices` are told one by one, `others` as groups of tokens that are about equally probable.
 */
export function distribution({ choices, others }, temperature, topP) {
  const most = choices[0].logProbability;
  const weight = logProbability => (temperature === 0
    ? Number(logProbability === most)
    : Math.exp((logProbability - most) / temperature));
  const weights = choices.map(choice => weight(choice.logProbability));
  if (temperature === 0) {
    weights.fill(0, 1); // of equals the first one
  }
  const groups = others.map(({ logProbability, tokens }) => ({ tokens, weight: weight(logProbability) }));
  const total = weights.reduce((sum, one) => sum + one, 0)
    + groups.reduce((sum, group) => sum + group.tokens * group.weight, 0);
  let before = 0;
  const kept = weights.map((one, rank) => {
    const isKept = rank === 0 || (one > 0 && before < topP * total);
    before += one;
    return isKept;
  });
  const keptOthers = groups.map(group => {
    const room = group.weight > 0 && before < topP * total
      ? Math.min(group.tokens, topP < 1 ? Math.ceil((topP * total - before) / group.weight) : group.tokens)
      : 0;
    before += group.tokens * group.weight;
    return { tokens: room, weight: group.weight };
  });
  const left = weights.reduce((sum, one, rank) => sum + (kept[rank] ? one : 0), 0)
    + keptOthers.reduce((sum, group) => sum + group.tokens * group.weight, 0);
  return {
    choices: choices.map(({ id, text }, rank) => ({
      id, text, kept: kept[rank], probability: kept[rank] ? weights[rank] / left : 0,
    })),
    others: {
      tokens: groups.reduce((sum, group) => sum + group.tokens, 0),
      kept: keptOthers.reduce((sum, group) => sum + group.tokens, 0),
      probability: keptOthers.reduce((sum, group) => sum + group.tokens * group.weight, 0) / left,
    },
    groups: keptOthers.map(({ tokens, weight: one }) => ({ tokens, probability: one / left })),
  };
}

/** The rank of the token that a number from 0 to below 1 draws. */
export function draw({ choices, groups }, uniform) {
  let left = uniform;
  let last = 0;
  for (const [rank, { probability }] of choices.entries()) {
    if (left < probability) {
      return rank;
    }
    left -= probability;
    last = probability > 0 ? rank : last;
  }
  let before = choices.length;
  for (const { tokens, probability } of groups) {
    if (left < tokens * probability) {
      return before + Math.min(tokens - 1, Math.floor(left / probability));
    }
    left -= tokens * probability;
    before += tokens;
  }
  return last; // what rounding leaves
}

/** The words of a sum such as `king − man + woman`: `{plus, minus}`. A hyphen inside a word is part of it. */
export function terms(sum) {
  const plus = [];
  const minus = [];
  let into = plus;
  for (const part of sum.split(/([+＋−–—]|(?:^|\s)-(?=\s|$)|^-)/)) {
    const sign = part.trim();
    if (/^[+＋]$/.test(sign)) {
      into = plus;
    } else if (/^[−–—-]$/.test(sign)) {
      into = minus;
    } else if (sign) {
      into.push(sign);
    }
  }
  return { plus, minus };
}

/**
 * How many of `sentences` the best of `heads` that guess gets right at most, in 19 of 20 cases: binomial, as if each
 * sentence and each head guessed for itself.
 */
export function guessing(sentences, heads) {
  let below = 0;
  let term = 2 ** -sentences; // probability of none right
  for (let right = 0; right < sentences; right++) {
    below += term;
    if (below ** heads >= 0.95) {
      return right;
    }
    term *= (sentences - right) / (right + 1);
  }
  return sentences;
}

/** The head that is right most often, `{layer, head, right}`. */
export function best(solved) {
  return solved.flatMap((heads, layer) => heads.map((right, head) => ({ layer, head, right })))
    .reduce((one, other) => (other.right > one.right ? other : one));
}
