/** Language models that count. */
@NullMarked
package io.alignstream.lessons.ngram;

import org.jspecify.annotations.NullMarked;
