package io.alignstream.training.card;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Holding;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.checkpoint.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was measured of models after they were made, beside the checkpoints in a store of its own, so that a model's manifest
 * stays as it was. A measurement that is taken again counts in place of the one before. Thread-safe.
 */
public final class Measurements {

    /** Below the store's root. */
    public static final String MEASUREMENTS = "measurements";

    private static final Logger LOG = LoggerFactory.getLogger(Measurements.class);
    private static final String MODEL = "model";
    private static final String SUFFIX = ".json";
    private static final long MOST_BYTES = 16L << 20;
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();

    private final CheckpointStore store;
    private final CheckpointStore measurements;

    /** Of the models in {@code store}. */
    public Measurements(CheckpointStore store) {
        this.store = store;
        this.measurements = store.below(MEASUREMENTS);
    }

    /**
     * Keeps a measurement of a model.
     *
     * @param kind what was measured, for example {@value Limits#KIND}
     */
    public void keep(Reference model, String kind, Object measurement) throws IOException {
        Manifest made = store.manifest(model);
        Manifest draft = Manifest.draft(made.stage(), made.run(), made.step())
                .withComplete(true)
                .withParents(Map.of(MODEL, model));
        measurements.save(
                draft, folder -> Files.write(folder.resolve(kind + SUFFIX), JSON.writeValueAsBytes(measurement)));
    }

    /** The newest measurement of a kind of a model; empty if it was not measured, or cannot be read, which is logged. */
    public <T> Optional<T> newest(Reference model, String kind, Class<T> type) {
        try {
            Manifest made = store.manifest(model);
            List<Holding> kept = measurements.holdings(made.stage(), made.run()).checkpoints().stream()
                    .filter(holding -> isOf(holding.manifest(), model, kind))
                    .sorted(Comparator.comparing(Holding::written).reversed())
                    .toList();
            return kept.isEmpty() ? Optional.empty() : Optional.of(read(kept.getFirst(), kind, type));
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("checkpoint", model.uri()).setCause(e).log("What was measured cannot be read");
            return Optional.empty();
        }
    }

    private static boolean isOf(Manifest manifest, Reference model, String kind) {
        Reference measured = manifest.parents().get(MODEL);
        return measured != null
                && measured.sha256().equals(model.sha256())
                && manifest.files().containsKey(kind + SUFFIX);
    }

    private <T> T read(Holding holding, String kind, Class<T> type) throws IOException {
        Path file = measurements.open(holding.reference()).folder().resolve(kind + SUFFIX);
        if (Files.size(file) > MOST_BYTES) {
            throw new DamagedCheckpointException(file + " has more than " + MOST_BYTES + " bytes");
        }
        return JSON.readValue(Files.readAllBytes(file), type);
    }
}
