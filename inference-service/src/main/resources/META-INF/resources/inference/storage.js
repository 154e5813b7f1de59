// What this browser keeps.
import { signedInName } from '../alignstream/dom.js';

/** Each visitor who signs in has conversations, settings and a pseudonym of their own. */
export const ownKey = key => [key, signedInName()].filter(part => part).join(':');

/** A storage of this browser; one that holds nothing where a visitor allows none. */
export function storage(name) {
  try {
    return window[name];
  } catch {
    return { getItem: () => null, removeItem: () => undefined };
  }
}

/** Keeps what is only convenient: where it cannot be kept it holds as long as the page. */
export function remember(name, key, value) {
  try {
    storage(name).setItem(key, value);
  } catch (problem) {
    console.debug(problem);
  }
}
