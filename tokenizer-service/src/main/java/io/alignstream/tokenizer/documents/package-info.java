/**
 * What became of the documents: counted and sampled in the state of the cleaning topology, read from there for the page and
 * the metrics.
 *
 * <p>{@link io.alignstream.tokenizer.documents.DocumentStatistics} writes, for the thread of one task; {@link
 * io.alignstream.tokenizer.documents.DocumentFigures} is an immutable view over all tasks of this instance.
 */
@NullMarked
package io.alignstream.tokenizer.documents;

import org.jspecify.annotations.NullMarked;
