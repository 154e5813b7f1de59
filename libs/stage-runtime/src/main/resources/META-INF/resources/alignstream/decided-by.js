// The name under which the visitor decides: that of the sign-in, else the one from before, here or in another section.
import { signedInName } from './dom.js';

const KEY = 'alignstream-decided-by';

/** The name; empty before the first decision. */
export const rememberedName = () => signedInName() || (localStorage.getItem(KEY) ?? '');

/** Shows the name in `field`, where it can be changed unless it is that of the sign-in. */
export function showName(field) {
  field.value = rememberedName();
  field.readOnly = signedInName() !== '';
}

/** Keeps the name for the next decision. */
export const rememberName = name => localStorage.setItem(KEY, name);
