// Fills panels from a REST resource: <dl data-figures="PATH"> names it, <dd data-figure="a.b"> what to show of its JSON,
// data-family="verdict" where the catalogue has names for the values.
import { get } from './api.js';
import { every, say } from './dom.js';
import { shownValue, valueAt } from './figures-model.js';
import { pageMessages } from './language.js';

const messages = await pageMessages;

for (const list of document.querySelectorAll('dl[data-figures]')) {
  every(2, async () => {
    const figures = await get(list.dataset.figures);
    for (const place of list.querySelectorAll('[data-figure]')) {
      say(place, shownValue(valueAt(figures, place.dataset.figure), place.dataset.family, messages));
    }
  });
}
