// Fills panels from a REST resource: <dl data-figures="PATH"> names it, <dd data-figure="a.b"> what to show of its JSON,
// data-names='{"value": "name"}' how to call it.
import { figure } from './dashboard.js';

const REFRESH_MILLISECONDS = 2000;

function shown(value) {
  if (value === null || value === undefined) {
    return '–';
  }
  return typeof value === 'number' ? figure(value) : String(value);
}

async function refresh(list) {
  const response = await fetch(list.dataset.figures, { headers: { Accept: 'application/json' } });
  if (!response.ok) {
    return;
  }
  const figures = await response.json();
  for (const place of list.querySelectorAll('[data-figure]')) {
    const value = place.dataset.figure.split('.').reduce((node, name) => node?.[name], figures);
    const names = JSON.parse(place.dataset.names ?? '{}');
    const text = names[value] ?? shown(value);
    if (place.textContent !== text) {
      place.textContent = text;
    }
  }
}

for (const list of document.querySelectorAll('dl[data-figures]')) {
  // The page itself says when the service does not answer.
  const again = () => refresh(list).catch(() => {}).finally(() => setTimeout(again, REFRESH_MILLISECONDS));
  again();
}
