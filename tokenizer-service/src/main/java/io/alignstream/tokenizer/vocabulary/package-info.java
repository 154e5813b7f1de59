/**
 * Learned tokenizers, stored and looked at: their files, the frequencies of their tokens, how a text becomes tokens.
 */
@NullMarked
package io.alignstream.tokenizer.vocabulary;

import org.jspecify.annotations.NullMarked;
