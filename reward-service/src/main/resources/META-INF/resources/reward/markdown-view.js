// Markdown as elements. Texts only ever become text, never markup.
import { make } from '../alignstream/dom.js';
import { markdown } from './markdown-model.js';

/** Each act draws the same texts again: so many of them are parsed once. */
const MAX_TREES = 100;
const trees = new Map();

function tree(text) {
  if (!trees.has(text)) {
    if (trees.size === MAX_TREES) {
      trees.delete(trees.keys().next().value);
    }
    trees.set(text, markdown(text));
  }
  return trees.get(text);
}

const built = node => (typeof node === 'string' ? node : make(node[0], {}, ...node.slice(1).map(built)));

/** The elements of a text in Markdown. */
export const rendered = text => tree(text).map(built);
