package io.alignstream.languagemodel.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Messages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The weights of a Hugging Face directory: {@value #FILE}, or the shards that {@value #INDEX} lists.
 *
 * <p>Only safetensors: a pickle ({@code pytorch_model.bin}) may run code of its author when it is read.
 */
public final class ModelWeights {

    /** All weights in one file. */
    public static final String FILE = "model.safetensors";
    /** Which shard holds which tensor. */
    public static final String INDEX = "model.safetensors.index.json";

    private static final long MAX_INDEX_BYTES = 64L << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private ModelWeights() {}

    /**
     * Maps all tensors of a model, by name.
     *
     * @throws DamagedCheckpointException if a file is damaged, or index and shards disagree
     * @throws IOException if there are no safetensors files or one cannot be read
     */
    public static SequencedMap<String, Tensor> read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        Path index = folder.resolve(INDEX);
        if (Files.exists(file)) {
            return Safetensors.read(file);
        }
        if (Files.exists(index)) {
            return readShards(folder, index);
        }
        try (Stream<Path> files = Files.list(folder)) {
            Path pickle = files.filter(path -> path.getFileName().toString().matches(".*\\.(bin|pt|pth|pkl|ckpt)"))
                    .sorted()
                    .findFirst()
                    .orElse(null);
            if (pickle != null) {
                throw new IOException(pickle + " is a pickle, which may run code when it is read, and there is no "
                        + FILE + "; convert it with save_pretrained(…, safe_serialization=True)");
            }
        }
        throw new IOException(folder + " has neither " + FILE + " nor " + INDEX);
    }

    private static SequencedMap<String, Tensor> readShards(Path folder, Path index) throws IOException {
        if (Files.size(index) > MAX_INDEX_BYTES) {
            throw new DamagedCheckpointException(
                    index + " has " + Files.size(index) + " bytes, the limit is " + MAX_INDEX_BYTES);
        }
        Map<String, SequencedMap<String, Tensor>> shards = new TreeMap<>();
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : weightMap(index).properties()) {
            String shard = entry.getValue().asText();
            if (!shards.containsKey(shard)) {
                shards.put(shard, readShard(folder, index, shard));
            }
            Tensor tensor = shards.get(shard).get(entry.getKey());
            if (tensor == null) {
                throw new DamagedCheckpointException(
                        folder.resolve(shard) + " lacks the tensor " + entry.getKey() + " that " + INDEX + " promises");
            }
            tensors.put(entry.getKey(), tensor);
        }
        return tensors;
    }

    private static JsonNode weightMap(Path index) throws IOException {
        try {
            JsonNode map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
            if (!map.isObject() || map.isEmpty()) {
                throw new DamagedCheckpointException(index + " has no weight_map");
            }
            return map;
        } catch (JsonProcessingException e) {
            throw new DamagedCheckpointException(index + " is no valid JSON: " + Messages.english(JsonFault.of(e)), e);
        }
    }

    private static SequencedMap<String, Tensor> readShard(Path folder, Path index, String shard) throws IOException {
        if (!shard.matches("[A-Za-z0-9][A-Za-z0-9._-]*\\.safetensors")) {
            throw new DamagedCheckpointException(
                    index + " names the shard \"" + shard + "\", which is no plain name of a safetensors file");
        }
        Path file = folder.resolve(shard);
        if (!Files.isRegularFile(file)) {
            throw new DamagedCheckpointException(file + " is missing, but " + INDEX + " names it");
        }
        return Safetensors.read(file);
    }
}
