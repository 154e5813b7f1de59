/**
 * {@code documents} → decode → clean → drop duplicates → {@code clean-documents}, exactly once.
 *
 * <p>A document and an earlier one are duplicates if they share a key; the keys of one band lie in one partition ({@link
 * io.alignstream.tokenizer.cleaning.FirstOfKey}). With one partition of {@code documents} everything is in one task and a
 * document leaves as it comes ({@link io.alignstream.tokenizer.cleaning.OnePartitionCleaning}). With several, keys travel
 * to the band partitions and verdicts back ({@link io.alignstream.tokenizer.cleaning.PartitionedCleaning}): there the
 * candidates are taken in the order of their time stamps, so a document waits in {@link
 * io.alignstream.tokenizer.cleaning.PendingDocuments} until no earlier one can come. Processors are for the thread of one
 * task; their state moves in the transaction of their output.
 */
@NullMarked
package io.alignstream.tokenizer.cleaning;

import org.jspecify.annotations.NullMarked;
