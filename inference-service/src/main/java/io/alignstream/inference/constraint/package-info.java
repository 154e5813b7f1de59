/**
 * Answers that are documents by construction: a JSON schema becomes an expression over bytes, its derivatives are the states of
 * an automaton, and a walk over the tokenizer's vocabulary says which tokens keep the answer on its way.
 *
 * <p>{@code SchemaReader} reads the schema, {@code Expression} is a state, {@code TokenTable} the vocabulary, {@code
 * JsonConstraint} one answer on its way; {@link io.alignstream.inference.constraint.JsonConstraints} puts them together.
 */
@NullMarked
package io.alignstream.inference.constraint;

import org.jspecify.annotations.NullMarked;
