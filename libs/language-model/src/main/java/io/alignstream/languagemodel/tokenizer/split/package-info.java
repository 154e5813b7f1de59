/**
 * How text is cut into the pieces that merges never cross, before any vocabulary is asked.
 *
 * <p>{@link io.alignstream.languagemodel.tokenizer.split.HanSplit} is Alignstream's own cut, {@link
 * io.alignstream.languagemodel.tokenizer.split.ByteLevelSplit} those of GPT-2, Llama 3, Qwen 2 and o200k, written by hand because
 * they are the fast path; any other pattern of a foreign file goes through {@link
 * io.alignstream.languagemodel.tokenizer.split.RegexSplit}. Everything here has no state and is thread-safe.
 */
@NullMarked
package io.alignstream.languagemodel.tokenizer.split;

import org.jspecify.annotations.NullMarked;
