// What stands in a panel of figures. Pure: no document, no network.

/** The value at a path like `model.metrics.loss`; undefined if there is none. */
export function valueAt(figures, path) {
  return path.split('.').reduce((node, name) => node?.[name], figures);
}

/** A value as people read it; `family` names the codes under which its names stand in the catalogue, if it has names. */
export function shownValue(value, family, messages) {
  if (value === null || value === undefined) {
    return '–';
  }
  if (typeof value === 'object') {
    return messages.said(value);
  }
  if (typeof value === 'number') {
    return messages.figure(value);
  }
  return family ? messages.name(family, value) : String(value);
}
