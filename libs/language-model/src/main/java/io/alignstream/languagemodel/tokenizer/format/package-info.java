/**
 * {@code tokenizer.json} and {@code tokenizer_config.json}: written as Hugging Face's library reads them, read from
 * Alignstream and from byte-level files of others.
 *
 * <p>What cannot be computed exactly is refused with the reason. The bytes that were read are kept, since their hash is
 * the tokenizer's identity.
 */
@NullMarked
package io.alignstream.languagemodel.tokenizer.format;

import org.jspecify.annotations.NullMarked;
