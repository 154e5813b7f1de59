/**
 * Text becomes tokens: two Kafka Streams topologies and the training of the tokenizer between them.
 *
 * <p>{@link io.alignstream.tokenizer.cleaning.CleaningTopology} turns {@code documents} into {@code clean-documents};
 * {@link io.alignstream.tokenizer.packing.PackingTopology}, one application for each tokenizer version, turns {@code
 * clean-documents} into {@code token-batches}. Both run exactly-once (v2): input offsets, state and output move in one
 * transaction, so a crash at any moment leaves each surviving document packed once. With one partition the order is the
 * order of {@code documents} and the batches are the same bytes in every run; with several, each partition has its own
 * open buffers and its own dense sequence numbers.
 *
 * <p>{@link io.alignstream.tokenizer.TokenizerStage} decides when byte-pair merges are learned: for the first time and
 * when a person asks. Later documents are packed with the tokenizer there is, because a new one would make every model
 * that exists unusable.
 */
@NullMarked
package io.alignstream.tokenizer;

import org.jspecify.annotations.NullMarked;
