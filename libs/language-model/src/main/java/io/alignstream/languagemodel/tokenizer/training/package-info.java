/**
 * How merges are learned: pieces are counted, then again and again the most frequent pair of neighbours becomes a token.
 *
 * <p>The texts are read once, in blocks. A merge visits only the words that hold its pair ({@link
 * io.alignstream.languagemodel.tokenizer.training.PairIndex}), and what it changes is added up in {@link
 * io.alignstream.languagemodel.tokenizer.training.PairChanges}; the heap is corrected late. The work is shared by
 * {@link io.alignstream.languagemodel.tokenizer.training.Workers}, but the result depends on the texts and never on the
 * number of threads. Nothing here is thread-safe by itself.
 */
@NullMarked
package io.alignstream.languagemodel.tokenizer.training;

import org.jspecify.annotations.NullMarked;
