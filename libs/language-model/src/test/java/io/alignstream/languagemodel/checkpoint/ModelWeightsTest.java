package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelWeightsTest {

    private static final Tensor A = Tensor.of(new float[] {1, 2}, 2);
    private static final Tensor B = Tensor.of(new float[] {3}, 1);

    @TempDir
    Path folder = Path.of("");

    @BeforeEach
    void saveTwoShards() throws IOException {
        Safetensors.write(folder.resolve("model-00001-of-00002.safetensors"), Map.of("a", A), Map.of());
        Safetensors.write(folder.resolve("model-00002-of-00002.safetensors"), Map.of("b", B), Map.of());
        index("{\"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\","
                + " \"b\": \"model-00002-of-00002.safetensors\"}}");
    }

    @Test
    void readsShards() throws IOException {
        assertThat(ModelWeights.read(folder)).containsOnly(Map.entry("a", A), Map.entry("b", B));
    }

    @Test
    void aMissingShardIsNamed() throws IOException {
        Files.delete(folder.resolve("model-00002-of-00002.safetensors"));
        assertThatThrownBy(() -> ModelWeights.read(folder))
                .isInstanceOf(DamagedCheckpointException.class)
                .hasMessageContaining("model-00002-of-00002.safetensors is missing");
    }

    @Test
    void aTensorThatItsShardLacksIsNamed() throws IOException {
        index("{\"weight_map\": {\"c\": \"model-00001-of-00002.safetensors\"}}");
        assertThatThrownBy(() -> ModelWeights.read(folder)).hasMessageContaining("lacks the tensor c");
    }

    @Test
    void anIndexThatLeadsElsewhereIsRefused() throws IOException {
        for (String elsewhere : new String[] {"../secret.safetensors", "/etc/x.safetensors", "weights.bin", ""}) {
            index("{\"weight_map\": {\"a\": \"" + elsewhere + "\"}}");
            assertThatThrownBy(() -> ModelWeights.read(folder))
                    .isInstanceOf(DamagedCheckpointException.class)
                    .hasMessageContaining("names the shard \"" + elsewhere + "\"");
        }
    }

    @Test
    void aDamagedIndexIsRefused() throws IOException {
        for (String damaged : new String[] {"{", "[]", "{\"weight_map\": {}}"}) {
            index(damaged);
            assertThatThrownBy(() -> ModelWeights.read(folder))
                    .isInstanceOf(DamagedCheckpointException.class)
                    .hasMessageContaining("model.safetensors.index.json");
        }
    }

    @Test
    void aPickleIsRefusedUnread() throws IOException {
        Files.delete(folder.resolve("model.safetensors.index.json"));
        Files.writeString(folder.resolve("pytorch_model.bin"), "would run code");
        assertThatThrownBy(() -> ModelWeights.read(folder))
                .hasMessageContaining("pytorch_model.bin is a pickle")
                .hasMessageContaining("safe_serialization");
    }

    @Test
    void aFolderWithoutWeightsIsRefused(@TempDir Path empty) {
        assertThatThrownBy(() -> ModelWeights.read(empty)).hasMessageContaining("neither model.safetensors nor");
    }

    private void index(String json) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), json);
    }
}
