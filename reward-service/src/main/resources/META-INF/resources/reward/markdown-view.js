// Markdown as elements. Texts only ever become text, never markup.
import { make } from '../alignstream/dom.js';
import { markdown } from './markdown-model.js';

const built = node => (typeof node === 'string' ? node : make(node[0], {}, ...node.slice(1).map(built)));

/** The elements of a text in Markdown. */
export const rendered = text => markdown(text).map(built);
