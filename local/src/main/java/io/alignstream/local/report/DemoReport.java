package io.alignstream.local.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.languagemodel.exchange.AtomicWrite;
import io.alignstream.local.evaluation.Evaluation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.world.Annotator;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON report of {@code ./alignstream demo --report FILE}.
 *
 * @param totalSeconds from the start of the launcher to the report, start of the processes included
 * @param pretrainWorkers processes of pretrain-service at the end
 * @param peakResidentBytes largest sum of the resident set sizes of all processes, the launcher's included
 */
public record DemoReport(
        long seed,
        double totalSeconds,
        int pretrainWorkers,
        long peakResidentBytes,
        List<StageResult> stages,
        List<Evaluation.Association> associationTable,
        List<Evaluation.Samples> samples,
        List<Evaluation.SplitFigures> splits,
        Annotation annotation,
        Served served) {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /**
     * What one stage delivered.
     *
     * @param seconds that the stage worked, pauses left out
     * @param tokens that the stage learned from, repetitions counted; for the tokenizer what it packed; null if the stage
     *     counts episodes
     * @param episodes that the stage learned from, repetitions counted: ranked requests or sampled answers
     * @param perSecond tokens or episodes a second
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record StageResult(
            String stage,
            double seconds,
            @Nullable Long tokens,
            @Nullable Long episodes,
            @Nullable Double perSecond,
            Map<String, Double> metrics,
            Artefact checkpoint) {}

    /**
     * A stored artefact.
     *
     * @param sha256 its content address, as pages and API have it
     * @param weights hash of its {@code model.safetensors}, or of its {@code tokenizer.json}: what was learned, whenever and
     *     wherever it was
     */
    public record Artefact(URI uri, String sha256, String weights) {}

    /**
     * Whose judgement the reward model has learned. No person's: every annotator is simulated.
     *
     * @param recordedRankings rankings of answers that were written down before
     * @param sampledRankings rankings of answers that the SFT model has sampled in this run
     * @param sharedRequests requests that two or more have ranked, by which agreement is measured
     * @param alpha Krippendorff's α for ordinal values: 1 for perfect agreement, 0 for chance; null if there is none
     * @param concordance Kendall's W, the mean of the shared requests, 0 to 1; null if there is none
     */
    public record Annotation(
            List<Annotator> annotators,
            int recordedRankings,
            int sampledRankings,
            int sharedRequests,
            @Nullable Double alpha,
            @Nullable Double concordance) {

        public Annotation {
            annotators = List.copyOf(annotators);
        }
    }

    /**
     * One question to the served model.
     *
     * @param sha256 content address of the served checkpoint, as its answer has it
     */
    public record Served(String model, String sha256, String prompt, String answer) {}

    /** Writes it to {@code file}. */
    public void write(Path file) {
        try {
            AtomicWrite.replace(file, unfinished -> JSON.writeValue(unfinished.toFile(), this));
        } catch (IOException e) {
            throw new LaunchException("Cannot write the report " + file + ": " + e.getMessage(), e);
        }
    }

    /** Reads what {@link #write} wrote. */
    public static DemoReport read(Path file) {
        try {
            return JSON.readValue(file.toFile(), DemoReport.class);
        } catch (IOException e) {
            throw new LaunchException("Cannot read the report " + file + ": " + e.getMessage(), e);
        }
    }
}
