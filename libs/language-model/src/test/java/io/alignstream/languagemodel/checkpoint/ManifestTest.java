package io.alignstream.languagemodel.checkpoint;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {

    private static final URI ROOT = URI.create("file:///data/checkpoints/");
    private static final String HASH = "0123456789abcdef".repeat(4);

    @Test
    void readsBackWhatWasWritten() throws Exception {
        // Given
        Manifest manifest = full(ROOT);
        // When
        Manifest read = Manifest.parse(manifest.toJson(), "here", ROOT);
        // Then
        assertThat(read).isEqualTo(manifest);
    }

    @Test
    void bytesDependNeitherOnTheOrderOfMapsNorOnThePlaceOfTheStore() {
        // Given
        Map<String, String> oneOrder = new HashMap<>(Map.of("a", "1", "b", "2", "c", "3"));
        Map<String, String> other = new LinkedHashMap<>();
        List.of("c", "b", "a").forEach(key -> other.put(key, oneOrder.get(key)));
        // When
        byte[] one = full(ROOT).withHyperparameters(oneOrder).toJson();
        byte[] two = full(URI.create("s3://bucket/elsewhere/"))
                .withHyperparameters(other)
                .toJson();
        // Then
        assertThat(new String(two, StandardCharsets.UTF_8)).isEqualTo(new String(one, StandardCharsets.UTF_8));
    }

    @Test
    void parentsAreFoundBelowTheRootAtHand() throws Exception {
        // Given
        byte[] json = full(ROOT).toJson();
        // When
        Manifest read = Manifest.parse(json, "here", URI.create("s3://bucket/prefix/"));
        // Then
        assertThat(requireNonNull(read.parents().get("base")).uri())
                .isEqualTo(URI.create("s3://bucket/prefix/pretrain/run-0/0000000009-0123456789ab"));
        assertThat(requireNonNull(read.parents().get("foreign")).uri()).isEqualTo(URI.create("file:/opt/imported"));
    }

    @Test
    void aNewerVersionSaysWhatToDo() {
        // Given
        byte[] json = "{\"version\": 2, \"anything\": {}}".getBytes(StandardCharsets.UTF_8);
        // When // Then
        assertThatExceptionOfType(DamagedCheckpointException.class)
                .isThrownBy(() -> Manifest.parse(json, "x/manifest.json", ROOT))
                .withMessage("x/manifest.json has manifest version 2 but version 1 is the one known here;"
                        + " use the release of Alignstream that wrote it or a later");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "7",
                "nonsense",
                "{}",
                "{\"version\": \"1\"}",
                "{\"version\": 1.0}",
                "{\"version\": 1}",
                "{\"version\": 1} x",
            })
    void bytesThatAreNoManifestAreRefused(String json) {
        // Given
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        // When // Then
        assertThatExceptionOfType(DamagedCheckpointException.class)
                .isThrownBy(() -> Manifest.parse(bytes, "x/manifest.json", ROOT))
                .withMessageContaining("x/manifest.json");
    }

    @Test
    void everyMissingOrNullFieldIsRefused() throws Exception {
        // Given
        String json = new String(full(ROOT).toJson(), StandardCharsets.UTF_8);
        for (var component : Manifest.class.getRecordComponents()) {
            String missing = json.replace("\"" + component.getName() + "\" :", "\"other\" :");
            String nothing = json.replaceFirst("\"" + component.getName() + "\" : ", "$0null, \"other\" : ");
            for (String damaged : List.of(missing, nothing)) {
                // When // Then
                assertThatExceptionOfType(DamagedCheckpointException.class)
                        .as(damaged)
                        .isThrownBy(() -> Manifest.parse(damaged.getBytes(StandardCharsets.UTF_8), "x", ROOT));
            }
        }
    }

    @Test
    void figuresMustBeFinite() {
        // Given
        Map<String, Double> metrics = Map.of("loss", Double.NaN);
        // When // Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> full(ROOT).withMetrics(metrics))
                .withMessage("invalid manifest: metrics.loss is NaN but must be finite");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", ".hidden", "a/b", "a\\b", "../x", "a\u0000b", "a b", "manifest.json"})
    void namesThatCouldLeaveTheFolderAreRefused(String name) {
        // Given
        Map<String, Manifest.FileEntry> files = Map.of(name, new Manifest.FileEntry(HASH, 1));
        // When // Then
        assertThatIllegalArgumentException().isThrownBy(() -> full(ROOT).withFiles(files));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", ".", "a/b", "~", "-x"})
    void runsThatCouldLeaveTheRootAreRefused(String run) {
        assertThatIllegalArgumentException().isThrownBy(() -> Manifest.draft(Stage.SFT, run, 0));
    }

    static Manifest full(URI root) {
        return Manifest.draft(Stage.SFT, "run-1", 12)
                .withComplete(true)
                .withFiles(Map.of("model.safetensors", new Manifest.FileEntry(HASH, 77)))
                .withParents(Map.of(
                        "base",
                        new Reference(URI.create(root + "pretrain/run-0/0000000009-0123456789ab"), HASH, 5),
                        "foreign",
                        new Reference(URI.create("file:/opt/imported"), HASH, 6)))
                .withDatasets(List.of(new DatasetSnapshot("instructions", List.of(new PartitionRange(0, 3, 9)))))
                .withPosition(Map.of("epoch", 2L, "nextSequence", 10_000_000_000L))
                .withHyperparameters(Map.of("learningRate", "0.001"))
                .withMetrics(Map.of("loss", 1.25, "validationLoss", 1e-9))
                .withFingerprint(Map.of("libtorch", "2.7.1"));
    }
}
