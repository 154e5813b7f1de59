// Building elements. Texts only ever become text, never markup.

/** The element called `id`. */
export const element = id => document.getElementById(id);

/**
 * A new element with `children` (texts and nodes). `properties` are those of the element; names with a hyphen are
 * attributes, `data` and `style` hold several, `on` holds event listeners.
 */
export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  const { data = {}, style = {}, on = {}, ...rest } = properties;
  Object.assign(made.dataset, data);
  Object.assign(made.style, style);
  for (const [event, listener] of Object.entries(on)) {
    made.addEventListener(event, listener);
  }
  for (const [name, value] of Object.entries(rest)) {
    if (name.includes('-')) {
      made.setAttribute(name, value);
    } else {
      made[name] = value;
    }
  }
  made.append(...children);
  return made;
}

/** The name of who signed in; empty if nobody did, as on a laptop. */
export const signedInName = () => element('signed-in')?.textContent ?? '';

/** Sets a text only when it changed, so that screen readers do not repeat it. */
export function say(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

/** Repeats `refresh` while the page is looked at; one that fails leaves the page as it is. */
export function every(seconds, refresh) {
  const turn = async () => {
    try {
      if (!document.hidden) {
        await refresh();
      }
    } catch (problem) {
      console.debug(problem);
    }
    setTimeout(turn, seconds * 1000);
  };
  turn();
}

/** An event listener that acts when no event has come for `milliseconds`. */
export function afterPause(milliseconds, action) {
  let pending = 0;
  return () => {
    clearTimeout(pending);
    pending = setTimeout(action, milliseconds);
  };
}
