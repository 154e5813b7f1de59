/**
 * What a tokenizer has learned: its tokens by id, the merges by pair and the tokens that stand beside them.
 *
 * <p>Ids are laid out as control tokens, the 256 bytes, single characters by frequency, merges in learning order. All types
 * are immutable and thread-safe.
 */
@NullMarked
package io.alignstream.languagemodel.tokenizer.vocabulary;

import org.jspecify.annotations.NullMarked;
