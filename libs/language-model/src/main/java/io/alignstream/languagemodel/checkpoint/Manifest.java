package io.alignstream.languagemodel.checkpoint;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import java.io.IOException;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint is: its files with their hashes, where it comes from and where its run goes on.
 *
 * <p>Its JSON holds nothing that depends on time or place (parents stand relative to the store's root), so the same
 * work gives the same bytes and hence the same content address. Start with {@link #draft} and the {@code with} methods; the store fills in the files.
 *
 * @param version of this format, {@value #VERSION}
 * @param stage the stage that made it
 * @param run id of the run: a hash of its parents, datasets and configuration
 * @param step optimiser steps taken, 0 for the frozen inputs
 * @param complete whether the run ends here; otherwise it is a state to resume from
 * @param files every other file of the folder by its name
 * @param parents what the run was made from: {@code tokenizer}, {@code base}, {@code sft}, {@code reward}
 * @param datasets the frozen topic ranges of the run
 * @param position where reading and counting resume, for example {@code nextSequence}, {@code epoch}
 * @param hyperparameters everything configured that shapes the weights
 * @param metrics finite figures under the field's names
 * @param fingerprint software and processor that made the weights; equal weights are promised for equal fingerprints
 */
public record Manifest(
        int version,
        Stage stage,
        String run,
        long step,
        boolean complete,
        Map<String, FileEntry> files,
        Map<String, Reference> parents,
        List<DatasetSnapshot> datasets,
        Map<String, Long> position,
        Map<String, String> hyperparameters,
        Map<String, Double> metrics,
        Map<String, String> fingerprint) {

    public static final int VERSION = 1;

    /** The file's name inside the checkpoint's folder. */
    public static final String FILE_NAME = "manifest.json";

    /** A larger manifest is refused unread. */
    static final int MAX_BYTES = 16 * 1024 * 1024;

    static final long MAX_STEP = 9_999_999_999L;
    private static final int MAX_FILES = 1_000;
    public static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";

    /** Of a dataset: nobody may have read its records. */
    private static final String CONTENT = "content";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .defaultPrettyPrinter(new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")))
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .addModule(RelativeReferences.module())
            .build();

    /**
     * One file of the checkpoint.
     *
     * @param sha256 of its bytes, 64 lower-case hexadecimal digits
     * @param size in bytes
     */
    public record FileEntry(String sha256, long size) {
        public FileEntry {
            require(sha256 != null && sha256.matches("[0-9a-f]{64}"), "sha256 of a file is " + sha256);
            require(size >= 0, "size of a file is " + size);
        }
    }

    public Manifest {
        require(version == VERSION, "version is " + version + " but must be " + VERSION);
        require(stage != null, "stage is missing");
        requireName("run", run);
        require(step >= 0 && step <= MAX_STEP, "step is " + step + " but must be 0 to " + MAX_STEP);
        files = sorted("files", files);
        require(files.size() <= MAX_FILES, "files has " + files.size() + " entries, the limit is " + MAX_FILES);
        files.keySet().forEach(Manifest::requireFileName);
        parents = sorted("parents", parents);
        require(datasets != null && datasets.stream().allMatch(dataset -> dataset != null), "datasets has a gap");
        datasets = List.copyOf(datasets);
        position = sorted("position", position);
        hyperparameters = sorted("hyperparameters", hyperparameters);
        metrics = sorted("metrics", metrics);
        metrics.forEach((key, value) ->
                require(Double.isFinite(value), "metrics." + key + " is " + value + " but must be finite"));
        fingerprint = sorted("fingerprint", fingerprint);
    }

    /** An unfinished checkpoint of which only the identity is known. */
    public static Manifest draft(Stage stage, String run, long step) {
        return new Manifest(
                VERSION, stage, run, step, false, Map.of(), Map.of(), List.of(), Map.of(), Map.of(), Map.of(),
                Map.of());
    }

    /** This manifest with {@code complete} as given. */
    public Manifest withComplete(boolean complete) {
        return changed(draft -> draft.complete = complete);
    }

    /** This manifest at another step. */
    public Manifest withStep(long step) {
        return changed(draft -> draft.step = step);
    }

    /** This manifest with other parents. */
    public Manifest withParents(Map<String, Reference> parents) {
        return changed(draft -> draft.parents = parents);
    }

    /** This manifest with other datasets. */
    public Manifest withDatasets(List<DatasetSnapshot> datasets) {
        return changed(draft -> draft.datasets = datasets);
    }

    /** This manifest with another position. */
    public Manifest withPosition(Map<String, Long> position) {
        return changed(draft -> draft.position = position);
    }

    /** This manifest with other hyper-parameters. */
    public Manifest withHyperparameters(Map<String, String> hyperparameters) {
        return changed(draft -> draft.hyperparameters = hyperparameters);
    }

    /** This manifest with other metrics. */
    public Manifest withMetrics(Map<String, Double> metrics) {
        return changed(draft -> draft.metrics = metrics);
    }

    /** This manifest with another fingerprint. */
    public Manifest withFingerprint(Map<String, String> fingerprint) {
        return changed(draft -> draft.fingerprint = fingerprint);
    }

    /** This manifest with other files: for stores. */
    Manifest withFiles(Map<String, FileEntry> files) {
        return changed(draft -> draft.files = files);
    }

    private Manifest changed(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.manifest();
    }

    /** The parts of a manifest while one of them is exchanged. */
    private static final class Draft {

        private final Manifest origin;
        private long step;
        private boolean complete;
        private Map<String, FileEntry> files;
        private Map<String, Reference> parents;
        private List<DatasetSnapshot> datasets;
        private Map<String, Long> position;
        private Map<String, String> hyperparameters;
        private Map<String, Double> metrics;
        private Map<String, String> fingerprint;

        Draft(Manifest origin) {
            this.origin = origin;
            this.step = origin.step;
            this.complete = origin.complete;
            this.files = origin.files;
            this.parents = origin.parents;
            this.datasets = origin.datasets;
            this.position = origin.position;
            this.hyperparameters = origin.hyperparameters;
            this.metrics = origin.metrics;
            this.fingerprint = origin.fingerprint;
        }

        Manifest manifest() {
            return new Manifest(
                    origin.version,
                    origin.stage,
                    origin.run,
                    step,
                    complete,
                    files,
                    parents,
                    datasets,
                    position,
                    hyperparameters,
                    metrics,
                    fingerprint);
        }
    }

    /** Bytes of all files together, the manifest not counted. */
    @JsonIgnore
    public long filesSize() {
        return files.values().stream().mapToLong(FileEntry::size).sum();
    }

    /** The bytes of {@code manifest.json}: sorted keys, the same for equal manifests. */
    public byte[] toJson() {
        try {
            byte[] json = JSON.writeValueAsBytes(this);
            require(json.length <= MAX_BYTES, "it has " + json.length + " bytes, the limit is " + MAX_BYTES);
            return json;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write a manifest as JSON: " + e.getOriginalMessage(), e);
        }
    }

    /**
     * Reads the bytes of a {@code manifest.json}.
     *
     * @param origin where they come from, for messages
     * @param root of the store that holds it and its parents, ending with a slash
     * @throws DamagedCheckpointException if they are no valid manifest of a known version
     */
    public static Manifest parse(byte[] json, String origin, URI root) throws DamagedCheckpointException {
        try {
            JsonNode tree = JSON.readTree(json);
            JsonNode version = tree.path("version");
            if (!version.isInt()) {
                throw new DamagedCheckpointException(origin + " is no manifest: it has no version number");
            }
            if (version.intValue() != VERSION) {
                throw new DamagedCheckpointException(origin + " has manifest version " + version + " but version "
                        + VERSION + " is the one known here; use the release of Alignstream that wrote it or a later");
            }
            for (JsonNode dataset : tree.path("datasets")) {
                if (dataset instanceof ObjectNode object && !object.has(CONTENT)) {
                    object.putNull(CONTENT); // the only thing that may be left out
                }
            }
            return RelativeReferences.below(JSON.readerFor(Manifest.class), root)
                    .readValue(tree);
        } catch (DamagedCheckpointException e) {
            throw e;
        } catch (ValueInstantiationException e) {
            throw new DamagedCheckpointException(
                    origin + " is no valid manifest: " + (e.getCause() == null ? e : e.getCause()).getMessage(), e);
        } catch (JsonProcessingException e) {
            throw new DamagedCheckpointException(origin + " is no valid manifest: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new DamagedCheckpointException(origin + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Names become paths and object keys: plain names only, which rules out separators and {@code ..}. */
    static void requireFileName(String name) {
        requireName("a file name", name);
        require(!name.equals(FILE_NAME), "the file name " + FILE_NAME + " is the store's own");
    }

    static void requireName(String field, @Nullable String name) {
        require(
                name != null && name.matches(NAME),
                field + " is '" + name + "' but must be 1 to 128 letters, digits, '.', '_' or '-', a letter or digit"
                        + " first");
    }

    private static <T> SequencedMap<String, T> sorted(String field, @Nullable Map<String, T> map) {
        if (map == null) {
            throw new IllegalArgumentException("invalid manifest: " + field + " is missing");
        }
        map.forEach((key, value) -> require(value != null, field + "." + key + " has no value"));
        return Collections.unmodifiableSequencedMap(new TreeMap<>(map));
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException("invalid manifest: " + message);
        }
    }
}
