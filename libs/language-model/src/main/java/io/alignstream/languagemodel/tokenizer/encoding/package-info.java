/**
 * Text to ids, at the speed of a memory copy where a piece was seen before.
 *
 * <p>A text is cut into pieces, each piece is looked up in a cache, and what is not there is merged by a scan or, when it
 * is long, with a heap. {@link io.alignstream.languagemodel.tokenizer.encoding.TokenizerModel} is immutable and shared;
 * an {@link io.alignstream.languagemodel.tokenizer.encoding.Encoder} has working memory and is for one thread, so {@link
 * io.alignstream.languagemodel.tokenizer.encoding.Encoders} lends them.
 */
@NullMarked
package io.alignstream.languagemodel.tokenizer.encoding;

import org.jspecify.annotations.NullMarked;
