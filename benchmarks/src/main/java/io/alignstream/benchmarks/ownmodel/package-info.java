/** The proof with a model of others: from its file to an aligned release, judged by a rule that it did not follow. */
@NullMarked
package io.alignstream.benchmarks.ownmodel;

import org.jspecify.annotations.NullMarked;
