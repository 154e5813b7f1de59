/**
 * Training and encoding beside Hugging Face, tiktoken and jtokkit.
 */
@NullMarked
package io.alignstream.benchmarks.tokenizer;

import org.jspecify.annotations.NullMarked;
