/** What the tests of several modules need of this one: dependency {@code language-model} of type {@code test-jar}. */
@NullMarked
package io.alignstream.languagemodel.testing;

import org.jspecify.annotations.NullMarked;
