/** Numbers and days in two languages, and the encoder-decoder that translates them. */
@NullMarked
package io.alignstream.local.lessons.translation;

import org.jspecify.annotations.NullMarked;
