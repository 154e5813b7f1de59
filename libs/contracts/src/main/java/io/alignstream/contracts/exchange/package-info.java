/** Rankings in the files of others: preference pairs, transcripts, rated completions; and in ours. */
@NullMarked
package io.alignstream.contracts.exchange;

import org.jspecify.annotations.NullMarked;
