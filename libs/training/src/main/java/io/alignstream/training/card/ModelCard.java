package io.alignstream.training.card;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.effort.Effort;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is told of a model with a release. Immutable; null stands for what is not known or was not said.
 *
 * @param name under which it is served, or else what its stage calls it
 * @param stage that made it
 * @param run that made it
 * @param sha256 content address of its checkpoint
 * @param bytes of its checkpoint's files
 * @param licence of the model itself, as its publisher has set it ({@code alignstream.card.licence})
 * @param release what was decided about it, and by what figures
 * @param size its network
 * @param imported family of the model of others that it was made from
 * @param runs that it was made by, the last one first
 * @param data that these learned from
 * @param carbon what the runs may have used; null where nothing is known of any of them
 * @param limits what was measured afterwards
 */
public record ModelCard(
        String name,
        Stage stage,
        String run,
        String sha256,
        long bytes,
        @Nullable String licence,
        @Nullable Release release,
        @Nullable Size size,
        @Nullable String imported,
        List<Run> runs,
        List<Data> data,
        @Nullable CarbonEstimate carbon,
        @Nullable Limits limits) {

    public ModelCard {
        runs = List.copyOf(runs);
        data = List.copyOf(data);
    }

    /** Figures of the gate that say how safe a model is, rather than how good. */
    static final List<String> SAFETY = List.of(
            "heldOut/improper",
            "heldOut/refusals",
            "heldOut/sftRefusals",
            "heldOut/unasked",
            "heldOut/foreign",
            "heldOut/sftForeign");

    /**
     * The verdict on it.
     *
     * @param decidedBy name of the person; null where the gate decided
     * @param gate what the gate measured, how good it is
     * @param safety what the gate measured, how safe it is
     */
    public record Release(
            ModelRelease.Verdict verdict,
            Reason reason,
            @Nullable String decidedBy,
            SortedMap<String, Double> gate,
            SortedMap<String, Double> safety) {

        /** Of the newest verdict. */
        static Release of(ModelRelease release) {
            SortedMap<String, Double> gate = new TreeMap<>(release.figures());
            SortedMap<String, Double> safety = new TreeMap<>(release.figures());
            gate.keySet().removeAll(SAFETY);
            safety.keySet().retainAll(SAFETY);
            return new Release(release.verdict(), release.why(), release.decidedBy(), gate, safety);
        }
    }

    /** A network, as its {@code config.json} has it. */
    public record Size(
            long parameters, int layers, int width, int heads, int vocabulary, int positions, String architecture) {}

    /**
     * A run on the way to the model.
     *
     * @param steps optimiser steps; of a tokenizer its token ids
     * @param figures what its stage measured in the end
     * @param settings what shaped its weights
     * @param machine what computed it
     * @param effort what it has taken; null where nobody has counted
     * @param problem why nothing more is known of it
     */
    public record Run(
            Stage stage,
            @Nullable String run,
            String sha256,
            long steps,
            SortedMap<String, Double> figures,
            SortedMap<String, String> settings,
            @Nullable String machine,
            @Nullable Effort effort,
            @Nullable Reason problem) {}

    /**
     * A frozen range of a topic that a run has learned from.
     *
     * @param offsets an upper bound of its records
     * @param facts what it holds; null for token batches, and where it cannot be read
     * @param problem why it cannot
     */
    public record Data(Stage stage, String topic, long offsets, @Nullable DataFacts facts, @Nullable Reason problem) {}

    /** The texts that the base model was trained on, cleaned where that is known. */
    Optional<DataFacts> documents() {
        return Stream.of("clean-documents", "documents")
                .flatMap(topic -> data.stream().filter(range -> range.topic().equals(topic)))
                .map(Data::facts)
                .filter(Objects::nonNull)
                .findFirst();
    }

    /** The latest date that any text has of its own, by its label; null where none has. */
    @JsonProperty("newestDate")
    public @Nullable String newestDate() {
        return facts().map(DataFacts::newest)
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    /** When the last record came that anything was learned from: nothing in the model is younger. */
    @JsonProperty("lastPublished")
    public @Nullable String lastPublished() {
        return facts().map(DataFacts::lastPublished)
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    private Stream<DataFacts> facts() {
        return data.stream().map(Data::facts).filter(Objects::nonNull);
    }

    /** Numbers of records by the values of one label, over all ranges but raw documents, whose cleaned form is there, too. */
    static Map<String, Long> sum(Stream<Tally> tallies) {
        Map<String, Long> sum = new TreeMap<>();
        tallies.forEach(tally -> tally.largest().forEach((value, count) -> sum.merge(value, count, Long::sum)));
        return sum;
    }
}
