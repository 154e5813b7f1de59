/**
 * {@code clean-documents} → encode → cut into sequences → {@code token-batches}, one application for each tokenizer version.
 *
 * <p>Each partition and split has one open batch and dense sequence numbers of its own. The open batch is state: after a
 * crash it is as it was after the last batch that was published.
 */
@NullMarked
package io.alignstream.tokenizer.packing;

import org.jspecify.annotations.NullMarked;
