/** What came before the transformer, on the same text. */
@NullMarked
package io.alignstream.local.lessons.history;

import org.jspecify.annotations.NullMarked;
