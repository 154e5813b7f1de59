/**
 * Instructions and rankings in the files of others, and in ours: instructions with output, lists of turns; preference pairs,
 * transcripts, rated completions.
 */
@NullMarked
package io.alignstream.contracts.exchange;

import org.jspecify.annotations.NullMarked;
