/** What models do not know, and what they should not tell: trained on the sample world in memory, each benchmark one command. */
@NullMarked
package io.alignstream.benchmarks.limits;

import org.jspecify.annotations.NullMarked;
