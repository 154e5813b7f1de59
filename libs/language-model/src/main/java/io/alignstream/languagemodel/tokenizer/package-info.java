/**
 * Text to token ids and back: byte-pair encoding.
 *
 * <p>In Alignstream's own format a text is cut by {@link io.alignstream.languagemodel.tokenizer.split.HanSplit} into
 * pieces that merges never cross (a run of Han characters, a word with the space before it, up to three digits, one
 * punctuation mark, white space). In a piece every character of the alphabet is a token and every other character becomes
 * its UTF-8 bytes, tokens {@code <0x00>} to {@code <0xFF>}: no input is unknown. Then the learned merges are applied,
 * oldest first. Ids are laid out as control tokens, the 256 bytes, single characters by frequency, merges in learning
 * order.
 *
 * <p>Byte-level files of other model families are read, too, and can be trained
 * ({@link io.alignstream.languagemodel.tokenizer.format.TokenizerFormat}): there tokens start as bytes and
 * {@link io.alignstream.languagemodel.tokenizer.split.ByteLevelSplit} cuts.
 *
 * <p>Those of SentencePiece are read ({@link io.alignstream.languagemodel.tokenizer.encoding.Metaspace}): their tokens
 * start as characters, and a text gets a space in front.
 *
 * <p>The six {@linkplain io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken control tokens} are never made
 * from text: they are put between texts by {@link io.alignstream.languagemodel.tokenizer.ChatTemplate} and by the packer.
 * A tokenizer that came with a chat template of its own keeps it
 * ({@link io.alignstream.languagemodel.tokenizer.jinja.JinjaTemplate} renders it).
 *
 * <p>Nothing normalises unless a foreign file asks for it: for every string of valid Unicode
 * {@code decode(encode(text))} is the text. A Java string may also hold unpaired surrogates, which no encoding of Unicode
 * can carry; they are encoded as U+FFFD.
 *
 * <p>{@code tokenizer.json} is a Hugging Face file; their library makes the same ids from it. One difference is
 * deliberate: by default their library turns control tokens that it finds in a text into control tokens, this package
 * only does so for text that is declared trusted.
 */
@NullMarked
package io.alignstream.languagemodel.tokenizer;

import org.jspecify.annotations.NullMarked;
