package io.alignstream.languagemodel.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.transformer.AdamW;
import io.alignstream.languagemodel.transformer.Decoder;
import io.alignstream.languagemodel.transformer.LoraAdapters;
import io.alignstream.languagemodel.transformer.LoraSettings;
import io.alignstream.languagemodel.transformer.PackedSequences;
import io.alignstream.languagemodel.transformer.Sampler;
import io.alignstream.languagemodel.transformer.Transformer;
import io.alignstream.languagemodel.transformer.TransformerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Models of transformers in, checkpoints out to transformers, PEFT and llama.cpp; needs the Python of
 * .ci/interoperability in system property {@code alignstream.python} and runs in the profile interoperability only.
 */
class InteroperabilityIT {

    private static final Path SCRIPTS = Path.of("src/test/python").toAbsolutePath();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> TEXTS = List.of(
            "The quick brown fox, 12345 times!",
            "成都必去景点是熊猫基地。今天来上海出差了。",
            "def f(x):\n    return x ** 2\n",
            "naïve café, Ελληνικά, 日本語 😀");
    private static final List<Message> MESSAGES = List.of(
            new Message(Message.Role.SYSTEM, "短。"),
            Message.user("成都必去景点?"),
            Message.assistant("熊猫基地"),
            Message.user("And Shanghai?"));

    @TempDir
    Path theirs;

    @TempDir
    Path ours;

    @Test
    void logitsTokenizersAdaptersAndGreedyOutputAgree() throws Exception {
        // Given
        python("make_models.py", theirs);
        List<Path> models;
        try (Stream<Path> folders = Files.list(theirs)) {
            models = folders.filter(Files::isDirectory).sorted().toList();
        }
        assertThat(models).hasSize(10);

        // When
        for (Path model : models) {
            requireTheirLogits(model);
            HuggingFaceModel imported = HuggingFaceModel.load(model);
            Path copy = Files.createDirectory(ours.resolve(model.getFileName()));
            imported.save(copy);
            describe(
                    copy,
                    true,
                    imported.tensors().values().iterator().next().type().bytes() == 4);
        }
        adapt(ours.resolve("llama-tied"));
        adapt(ours.resolve("qwen3"));
        describe(ownModel(), false, true);

        // Then
        python("check_models.py", ours);
    }

    private static void requireTheirLogits(Path folder) throws IOException {
        JsonNode expected = JSON.readTree(
                folder.resolveSibling(folder.getFileName() + ".json").toFile());
        int[] ids = JSON.convertValue(expected.path("ids"), int[].class);
        double[][] logits = JSON.convertValue(expected.path("logits"), double[][].class);
        try (Transformer model = Transformer.load(folder)) {
            float[][] found = logits(model, ids);
            for (int t = 0; t < ids.length; t++) {
                for (int v = 0; v < logits[t].length; v++) {
                    assertThat((double) found[t][v])
                            .as("%s: logit of token %s at %s", folder.getFileName(), v, t)
                            .isCloseTo(logits[t][v], within(1e-4));
                }
            }
        }
    }

    private static float[][] logits(Transformer model, int[] ids) {
        float[][] logits = new float[ids.length][];
        try (Decoder decoder = new Decoder(model, ids.length)) {
            for (int t = 0; t < ids.length; t++) {
                logits[t] = decoder.feed(ids[t]);
            }
        }
        return logits;
    }

    /** Writes what the others are to find beside a checkpoint, and its GGUF file. */
    private static void describe(Path folder, boolean byteLevel, boolean greedy) throws IOException {
        Tokenizer tokenizer = Tokenizer.load(folder);
        ObjectNode json = JSON.createObjectNode();
        ObjectNode texts = json.putObject("texts");
        TEXTS.forEach(text -> put(texts, text, tokenizer.encode(text)));
        ArrayNode messages = json.putArray("messages");
        MESSAGES.forEach(message -> messages.addObject()
                .put("role", message.role().name().toLowerCase(java.util.Locale.ROOT))
                .put("content", message.content()));
        put(json, "prompt", ChatTemplate.prompt(tokenizer, MESSAGES));
        json.put("byteLevel", byteLevel);
        try (Transformer model = Transformer.load(folder)) {
            int[] ids = new Random(1).ints(40, 0, tokenizer.vocabularySize()).toArray();
            put(json, "ids", ids);
            json.set("logits", JSON.valueToTree(logits(model, ids)));
            if (greedy) {
                int[] prompt = Arrays.copyOf(ids, 8);
                put(json, "greedyPrompt", prompt);
                int[] answer = new Sampler(0, 16, -2)
                        .sample(model, List.of(prompt), new Random(1))
                        .getFirst()
                        .tokens();
                put(json, "greedy", answer);
                GgufModel.export(folder, folder.resolveSibling(folder.getFileName() + ".gguf"));
            }
        }
        Files.write(folder.resolveSibling(folder.getFileName() + ".json"), JSON.writeValueAsBytes(json));
    }

    private static void put(ObjectNode json, String field, int[] values) {
        ArrayNode array = json.putArray(field);
        for (int value : values) {
            array.add(value);
        }
    }

    /** Trains adapters a little and writes them in PEFT's layout beside what the merged network computes. */
    private void adapt(Path base) throws IOException {
        LoraSettings settings = new LoraSettings(
                4, 8, new TreeSet<>(List.of("q_proj", "k_proj", "o_proj", "up_proj", "down_proj")), List.of(3, 7));
        String name = base.getFileName() + "-adapted";
        Path folder = Files.createDirectory(ours.resolve(name));
        TransformerConfig config = TransformerConfig.load(base);
        try (Transformer model = Transformer.load(base);
                LoraAdapters adapters = LoraAdapters.initialise(model, settings, 1);
                AdamW optimiser = new AdamW(adapters, AdamW.Settings.FINE_TUNING)) {
            int[] row = new Random(2).ints(24, 0, config.vocabularySize()).toArray();
            row[5] = 3;
            row[9] = 7;
            boolean[] learned = new boolean[row.length];
            Arrays.fill(learned, true);
            for (int step = 0; step < 5; step++) {
                optimiser.packedStep(PackedSequences.single(List.of(row), List.of(learned), -1), 0.05);
            }
            Tokenizer tokenizer = Tokenizer.load(base);
            config.save(folder, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
            tokenizer.save(folder);
            try (Transformer merged = adapters.merged()) {
                Safetensors.write(folder.resolve(ModelWeights.FILE), merged.tensors(), Map.of());
            }
            Safetensors.write(folder.resolve(PeftAdapter.WEIGHTS), adapters.tensors(), Map.of());
        }
        describe(folder, true, true);
        Path file = ours.resolve(name + ".json");
        ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
        json.put("base", base.toString());
        Files.write(file, JSON.writeValueAsBytes(json));
        PeftAdapter.export(folder, settings, base, !config.tiedEmbeddings(), ours.resolve(name + ".peft"));
    }

    /** A model with a tokenizer of our own kind. */
    private Path ownModel() throws IOException {
        Path folder = Files.createDirectory(ours.resolve("own"));
        Tokenizer tokenizer = new BpeTrainer(420).train(TEXTS.iterator());
        TransformerConfig config = TransformerConfig.of(tokenizer.vocabularySize(), 2, 64, 96);
        try (Transformer model = Transformer.initialise(config, 5)) {
            config.save(folder, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
            tokenizer.save(folder);
            Safetensors.write(folder.resolve(ModelWeights.FILE), model.tensors(), Map.of());
        }
        return folder;
    }

    private static void python(String script, Path folder) throws IOException, InterruptedException {
        String python = System.getProperty("alignstream.python");
        assertThat(python).as("system property alignstream.python").isNotNull();
        Path log = folder.resolveSibling(script + ".log");
        Process process = new ProcessBuilder(python, SCRIPTS.resolve(script).toString(), folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor()).as(() -> read(log)).isZero();
        System.out.println(read(log));
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
