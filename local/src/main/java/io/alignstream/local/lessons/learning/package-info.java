/** Four ways of learning, each with a small real run. */
@NullMarked
package io.alignstream.local.lessons.learning;

import org.jspecify.annotations.NullMarked;
