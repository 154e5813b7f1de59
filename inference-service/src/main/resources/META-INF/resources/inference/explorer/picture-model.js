// Where things stand in the explorer's pictures. Pure: no document, no network.

/** One head's attention: its own rows, or the mean over all heads if `head` is -1. */
export function rows(weights, head) {
  if (head >= 0) {
    return weights[head];
  }
  return weights[0].map((row, t) =>
    row.map((_, s) => weights.reduce((sum, one) => sum + one[t][s], 0) / weights.length));
}

/** The places that a row takes most from, `{place, weight}`, the strongest first. */
export const strongest = (row, count) => row
  .map((weight, place) => ({ place, weight }))
  .sort((one, other) => other.weight - one.weight || one.place - other.place)
  .slice(0, count);

/**
 * Arcs from `from` to the places that it takes from, above tokens whose middles are at `middles`: `{d, weight, to}`, where
 * `d` is a path below height `height`. What it takes from itself is a small loop.
 */
export function arcs(row, from, middles, height) {
  const longest = Math.max(1, middles.at(-1) - middles[0]);
  return row.map((weight, to) => {
    const [x, y] = [middles[from], middles[to]];
    const rise = from === to ? 26 : 26 + (height - 36) * Math.sqrt(Math.abs(x - y) / longest);
    const d = from === to
      ? `M ${x - 6} ${height} C ${x - 16} ${height - rise} ${x + 16} ${height - rise} ${x + 6} ${height}`
      : `M ${x} ${height} C ${x} ${height - rise * 4 / 3} ${y} ${height - rise * 4 / 3} ${y} ${height}`;
    return { d: d.replace(/\d+\.\d+/g, number => String(Math.round(number * 10) / 10)), weight, to };
  }).filter(({ weight }) => weight >= 0.01);
}

/** Points `[x, y]` moved and stretched alike in both directions, so that all of them lie in a box with a margin. */
export function fitted(paths, width, height, margin) {
  const all = paths.flat();
  const range = axis => {
    const values = all.map(point => point[axis]);
    return [Math.min(...values), Math.max(...values)];
  };
  const [[left, right], [low, high]] = [range(0), range(1)];
  const scale = Math.min((width - 2 * margin) / (right - left || 1), (height - 2 * margin) / (high - low || 1));
  const place = ([x, y]) => [
    width / 2 + (x - (left + right) / 2) * scale,
    height / 2 - (y - (low + high) / 2) * scale,
  ];
  return paths.map(path => path.map(place));
}

/** Points as a path of straight lines. */
export const line = points =>
  points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'} ${x.toFixed(1)} ${y.toFixed(1)}`).join(' ');

/** The place of a cosine at a depth in a chart of width and height with a margin; cosines from `least` to 1. */
export const chartPlace = (depth, depths, cosine, least, width, height, margin) => [
  margin + (width - 2 * margin) * (depths > 1 ? depth / (depths - 1) : 0.5),
  height - margin - (height - 2 * margin) * (cosine - least) / (1 - least || 1),
];

/**
 * What the cosines at the last depth say: `apart` if texts of both meanings are less alike than those of the same, `alike`
 * if not, `single` if there is one text of each meaning, so that nothing can be said.
 */
export function verdict({ between, within }) {
  if (within.length === 0) {
    return 'single';
  }
  return between.at(-1) < within.at(-1) - 0.02 ? 'apart' : 'alike';
}
