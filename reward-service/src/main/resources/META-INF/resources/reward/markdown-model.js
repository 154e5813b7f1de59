// Markdown as a tree of `[tag, ...children]`; what is not Markdown stays text, raw HTML too. Pure: no document, no network.

/** Longer texts than this, in characters, stay text, and so do longer paragraphs: looking for marks takes their square. */
const MAX_TEXT = 50_000;
const MAX_PARAGRAPH = 4_000;
/** Quotes and marks within each other; what is deeper stays text. */
const MAX_DEPTH = 8;

const FENCE = /^ {0,3}(```|~~~)/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(\S.*)$/s;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}>\s?(.*)$/s;
const ITEM = /^ {0,3}(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/s;

/** Inline marks, the first one where several begin; what is between their signs is parsed again, but for code. */
const MARKS = [
  [/(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/g, match => ['code', match[2].trim()]],
  [/\*\*(?=\S)([\s\S]*?\S)\*\*/g, (match, depth) => ['strong', ...inline(match[1], depth)]],
  [/(?<!\*)\*(?=[^\s*])([^*]*[^\s*])\*(?!\*)/g, (match, depth) => ['em', ...inline(match[1], depth)]],
  [/(?<![\p{L}\p{N}_])_(?=[^\s_])([^_]*[^\s_])_(?![\p{L}\p{N}_])/gu, (match, depth) => ['em', ...inline(match[1], depth)]],
];

/** The blocks of a text. Links stay text: nobody is led away from what is judged. */
export function markdown(text) {
  return text.length > MAX_TEXT ? [['p', text]] : blocksOf(text, 0);
}

function blocksOf(text, depth) {
  const isQuote = line => depth < MAX_DEPTH && QUOTE.test(line);
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const blocks = [];
  let at = 0;
  const take = (pattern, each) => {
    const taken = [];
    for (let match = pattern.exec(lines[at] ?? ''); match; match = pattern.exec(lines[at] ?? '')) {
      taken.push(each(match));
      at += 1;
    }
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at];
    if (line.trim() === '') {
      at += 1;
    } else if (FENCE.test(line)) {
      blocks.push(fenced());
    } else if (HEADING.test(line)) {
      const [, signs, title] = HEADING.exec(line);
      // The page's own headings are h1 and h2.
      blocks.push([`h${Math.min(signs.length + 2, 6)}`, ...inline(withoutClosing(title), 0)]);
      at += 1;
    } else if (RULE.test(line)) {
      blocks.push(['hr']);
      at += 1;
    } else if (isQuote(line)) {
      blocks.push(['blockquote', ...blocksOf(take(QUOTE, match => match[1]).join('\n'), depth + 1)]);
    } else if (ITEM.test(line)) {
      const isOrdered = ITEM.exec(line)[2] !== undefined;
      blocks.push([isOrdered ? 'ol' : 'ul', ...take(ITEM, match => ['li', ...inline(match[3], 0)])]);
    } else {
      blocks.push(['p', ...paragraph()]);
    }
  }
  return blocks;

  function fenced() {
    const [, sign] = FENCE.exec(lines[at]);
    const end = lines.findIndex((line, index) => index > at && line.trim() === sign);
    const stop = end < 0 ? lines.length : end;
    const code = lines.slice(at + 1, stop).join('\n');
    at = stop + 1;
    return ['pre', ['code', code]];
  }

  function paragraph() {
    const first = at;
    do {
      at += 1;
    } while (at < lines.length && lines[at].trim() !== ''
      && !isQuote(lines[at]) && ![FENCE, HEADING, RULE, ITEM].some(pattern => pattern.test(lines[at])));
    return inline(lines.slice(first, at).join('\n'), 0);
  }
}

/** A title without the signs that may close it. */
function withoutClosing(title) {
  const text = title.trimEnd();
  let end = text.length;
  while (text[end - 1] === '#') {
    end -= 1;
  }
  return /\s/.test(text[end - 1] ?? '') ? text.slice(0, end).trimEnd() : text;
}

/** The marks inside a text; the rest stays text. */
function inline(text, depth) {
  if (depth > MAX_DEPTH || text.length > MAX_PARAGRAPH) {
    return [text];
  }
  const parts = [];
  const add = piece => piece !== '' && parts.push(piece);
  let at = 0;
  // Where each mark comes next: searched for again only once that is passed.
  const next = MARKS.map(([pattern, build]) => ({ pattern, build, match: null, isSearched: false }));
  for (;;) {
    for (const mark of next) {
      if (!mark.isSearched || mark.match && mark.match.index < at) {
        mark.pattern.lastIndex = at;
        mark.match = mark.pattern.exec(text);
        mark.isSearched = true;
      }
    }
    const found = next.filter(({ match }) => match).sort((a, b) => a.match.index - b.match.index)[0];
    if (!found) {
      add(text.slice(at));
      return parts;
    }
    const { match, build } = found;
    add(text.slice(at, match.index));
    parts.push(build(match, depth + 1));
    at = match.index + match[0].length;
  }
}
