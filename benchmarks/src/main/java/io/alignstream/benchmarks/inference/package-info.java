/** Writing text, side by side with other engines. */
@NullMarked
package io.alignstream.benchmarks.inference;

import org.jspecify.annotations.NullMarked;
