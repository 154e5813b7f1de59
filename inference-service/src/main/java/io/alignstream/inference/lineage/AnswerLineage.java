package io.alignstream.inference.lineage;

import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Where an answer comes from, as {@code GET /v1/lineage/{response id}} tells it.
 *
 * <p>Addresses are relative to the service's root, those of other services' pages absolute. An id says which model wrote
 * the response, so the lineage of every response is known as long as the model's release is.
 *
 * @param exchange question and answer while the service remembers them, for who asked and for operators; null otherwise
 * @param release what was decided about the model, and by whom
 * @param models the aligned model first, each before what it was made from, the tokenizer last; {@value #MOST_MODELS} at
 *     most, the nearest ones
 */
public record AnswerLineage(String responseId, @Nullable Exchange exchange, Release release, List<Model> models) {

    static final int MOST_MODELS = 64;

    /**
     * What was asked and answered.
     *
     * @param messages the conversation, the question last
     */
    public record Exchange(List<Message> messages, String answer) {}

    /**
     * The newest verdict on the model.
     *
     * @param decidedBy name of the person who decided; null where the gate did
     * @param figures what the gate measured
     */
    public record Release(
            String model,
            ModelRelease.Verdict verdict,
            Reason reason,
            @Nullable String decidedBy,
            Map<String, Double> figures) {}

    /**
     * A model, or the tokenizer.
     *
     * @param run the run that made it; null if its manifest cannot be read
     * @param sha256 content address of its checkpoint
     * @param uri of the checkpoint in the store
     * @param step optimiser steps taken
     * @param parents sha256 of what it was made from, by role
     * @param datasets what it learned from besides
     * @param figures what its stage measured
     * @param manifest address of its manifest; null if that cannot be read
     * @param page address of its stage's page; null if the service was not told it
     * @param problem why nothing more is known of it, or that its files are gone; null if nothing is amiss
     */
    public record Model(
            Stage stage,
            @Nullable String run,
            String sha256,
            String uri,
            long step,
            Map<String, String> parents,
            List<Dataset> datasets,
            Map<String, Double> figures,
            @Nullable String manifest,
            @Nullable String page,
            @Nullable Reason problem) {}

    /**
     * A frozen range of a topic.
     *
     * @param offsets how many offsets it covers: an upper bound of the events
     * @param counts what is in it; null where that is not counted (token batches) or could not be
     * @param events address of its first events; null for token batches
     * @param problem why nothing was counted; null if nothing is wrong
     */
    public record Dataset(
            String topic,
            List<PartitionRange> partitions,
            long offsets,
            @Nullable Counts counts,
            @Nullable String events,
            @Nullable Reason problem) {}

    /**
     * What a range of a topic holds, replaced and withdrawn events not counted.
     *
     * @param events number of events
     * @param whole whether the whole range was counted, or only its beginning
     * @param by numbers of events by {@code annotator} and {@code guideline} for rankings, else by {@code source}
     */
    public record Counts(long events, boolean whole, Map<String, Group> by) {}

    /**
     * How events divide by one of their labels.
     *
     * @param largest number of events by value, the largest numbers first
     * @param others events with further values
     */
    public record Group(SequencedMap<String, Long> largest, long others) {}
}
