// Markdown as a tree of `[tag, ...children]`; what is not Markdown stays text, raw HTML too. Pure: no document, no network.

const FENCE = /^ {0,3}(```|~~~)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}>\s?(.*)$/;
const ITEM = /^ {0,3}(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/;

/** Inline marks, the earliest first; what is between their signs is parsed again, but for code. */
const MARKS = [
  [/(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/, match => ['code', match[2].trim()]],
  [/\*\*(?=\S)([\s\S]*?\S)\*\*/, match => ['strong', ...inline(match[1])]],
  [/(?<!\*)\*(?=[^\s*])([^*]*[^\s*])\*(?!\*)/, match => ['em', ...inline(match[1])]],
  [/(?<![\p{L}\p{N}_])_(?=[^\s_])([^_]*[^\s_])_(?![\p{L}\p{N}_])/u, match => ['em', ...inline(match[1])]],
];

/** The blocks of a text. Links stay text: nobody is led away from what is judged. */
export function markdown(text) {
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
      blocks.push([`h${Math.min(signs.length + 2, 6)}`, ...inline(title)]);
      at += 1;
    } else if (RULE.test(line)) {
      blocks.push(['hr']);
      at += 1;
    } else if (QUOTE.test(line)) {
      blocks.push(['blockquote', ...markdown(take(QUOTE, match => match[1]).join('\n'))]);
    } else if (ITEM.test(line)) {
      const isOrdered = ITEM.exec(line)[2] !== undefined;
      blocks.push([isOrdered ? 'ol' : 'ul', ...take(ITEM, match => ['li', ...inline(match[3])])]);
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
      && ![FENCE, HEADING, RULE, QUOTE, ITEM].some(pattern => pattern.test(lines[at])));
    return inline(lines.slice(first, at).join('\n'));
  }
}

/** The marks inside a text; the rest stays text. */
function inline(text) {
  const first = MARKS.map(([pattern, build]) => [pattern.exec(text), build])
    .filter(([match]) => match)
    .sort(([a], [b]) => a.index - b.index)[0];
  if (!first) {
    return text === '' ? [] : [text];
  }
  const [match, build] = first;
  return [...inline(text.slice(0, match.index)), build(match), ...inline(text.slice(match.index + match[0].length))];
}
