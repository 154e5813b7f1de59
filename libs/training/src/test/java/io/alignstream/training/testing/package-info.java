/** What other modules' tests of training share: dependency {@code training} of type test-jar. */
@NullMarked
package io.alignstream.training.testing;

import org.jspecify.annotations.NullMarked;
