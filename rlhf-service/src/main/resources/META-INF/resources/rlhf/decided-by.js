// The name under which the visitor has decided before, here or in another section.

const KEY = 'alignstream-decided-by';

/** The name; empty before the first decision. */
export const rememberedName = () => localStorage.getItem(KEY) ?? '';

/** Keeps the name for the next decision. */
export const rememberName = name => localStorage.setItem(KEY, name);
