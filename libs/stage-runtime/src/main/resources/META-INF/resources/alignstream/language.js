// The page's language and its catalogue. The visitor's choice is a cookie, which all services share.
import { get } from './api.js';
import { Messages } from './messages.js';

const COOKIE = 'alignstream-language';
const YEAR = 365 * 24 * 3600;

/** The catalogue of a language. */
export async function catalogue(language) {
  return new Messages(language, await get(new URL(`messages/${language}`, import.meta.url)));
}

/** The catalogue of the language that the server has chosen for this visitor; all modules of the page share it. */
export const pageMessages = catalogue(document.documentElement.lang);

/** Turns the page to its other language and remembers that; resolves to the catalogue. */
export async function otherLanguage(messages) {
  const other = await catalogue(messages.language === 'zh' ? 'en' : 'zh');
  document.cookie = `${COOKIE}=${other.language}; path=/; max-age=${YEAR}; samesite=lax`;
  document.documentElement.lang = other.language;
  return other;
}

/** Writes the texts of elements with `data-text`, `data-title`, `data-label` or `data-placeholder`, which hold codes. */
export function translate(root, messages) {
  for (const node of root.querySelectorAll('[data-text]')) {
    node.textContent = messages.text(node.dataset.text);
  }
  for (const node of root.querySelectorAll('[data-title]')) {
    node.title = messages.text(node.dataset.title);
  }
  for (const node of root.querySelectorAll('[data-label]')) {
    node.setAttribute('aria-label', messages.text(node.dataset.label));
  }
  for (const node of root.querySelectorAll('[data-placeholder]')) {
    node.placeholder = messages.text(node.dataset.placeholder);
  }
}
