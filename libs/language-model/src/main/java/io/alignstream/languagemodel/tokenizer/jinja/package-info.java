/**
 * Chat templates of others: the part of Jinja that they are written in, as Python and transformers read it.
 *
 * <p>{@link io.alignstream.languagemodel.tokenizer.jinja.Lexer} and
 * {@link io.alignstream.languagemodel.tokenizer.jinja.Parser} make a tree of a text, and
 * {@link io.alignstream.languagemodel.tokenizer.jinja.Interpreter} walks it. Every character keeps where it comes from
 * ({@link io.alignstream.languagemodel.tokenizer.jinja.MarkedText}) through all that a template does with it: so what
 * somebody typed can be told from what the template says.
 *
 * <p>A template can reach nothing but what it is given, and has a bounded number of steps, characters and levels. What is
 * not known here is refused: an approximation would silently give a model other tokens than it was trained with.
 */
@NullMarked
package io.alignstream.languagemodel.tokenizer.jinja;

import org.jspecify.annotations.NullMarked;
