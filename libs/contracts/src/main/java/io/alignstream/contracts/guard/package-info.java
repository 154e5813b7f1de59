/** What the guard of alignment and people say of a run. */
@NullMarked
package io.alignstream.contracts.guard;

import org.jspecify.annotations.NullMarked;
