// What is different between two texts. Pure: no document, no network.

/** More pieces than this are not compared: the table of the comparison grows with their product. */
const MAX_PIECES = 1500;
/** Where more of a text than this is new, marks say nothing. */
const MAX_NEW = 0.6;

/** Words with the space behind them; of scripts without spaces each character. */
const pieces = text =>
  text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}_']+\s*|\s+|[^\s]\s*/gu) ?? [];

/**
 * `text` in parts `{text, isNew}`: those that the longest common subsequence with `base` does not have are new. Empty if
 * the texts are too long to compare or have little in common.
 */
export function differences(base, text) {
  const [old, all] = [pieces(base), pieces(text)];
  if (old.length > MAX_PIECES || all.length > MAX_PIECES) {
    return [];
  }
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint16Array(all.length + 1));
  const same = (i, j) => old[i].trim() === all[j].trim();
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = all.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = same(i, j) ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const parts = [];
  const add = (piece, isNew) => {
    if (parts.at(-1)?.isNew === isNew) {
      parts.at(-1).text += piece;
    } else {
      parts.push({ text: piece, isNew });
    }
  };
  for (let i = 0, j = 0; j < all.length;) {
    if (i < old.length && same(i, j)) {
      add(all[j], false);
      i += 1;
      j += 1;
    } else if (i < old.length && lengths[i + 1][j] >= lengths[i][j + 1]) {
      i += 1;
    } else {
      add(all[j], true);
      j += 1;
    }
  }
  const added = parts.filter(({ isNew }) => isNew).reduce((sum, part) => sum + part.text.length, 0);
  return added > MAX_NEW * text.length ? [] : parts;
}
