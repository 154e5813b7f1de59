package io.alignstream.languagemodel.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.insight.BlankFilling;
import io.alignstream.languagemodel.network.LoraAdapters;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.MaskedTokenObjective;
import io.alignstream.languagemodel.objective.Steps;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.jinja.Given;
import io.alignstream.languagemodel.tokenizer.jinja.JinjaTemplate;
import io.alignstream.languagemodel.tokenizer.jinja.TemplateException;
import io.alignstream.languagemodel.torch.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Models of transformers in, checkpoints out to transformers, PEFT and llama.cpp; needs the Python that
 * {@code .ci/interoperability} installs in system property {@code alignstream.python} and runs in the profile interoperability only.
 */
class InteroperabilityIT {

    private static final Path SCRIPTS = Path.of("src/test/python").toAbsolutePath();
    /** llama.cpp has no biases in the attention of Qwen3. */
    private static final String NOT_IN_GGUF = "qwen3-tied-bias-yarn";

    /** Most time for one script; both together take less than one on an idle machine. */
    private static final int MINUTES = 10;

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
        Ended made = python("make_models.py", theirs);
        List<Path> models;
        try (Stream<Path> folders = Files.list(theirs)) {
            models = folders.filter(Files::isDirectory).sorted().toList();
        }

        // When
        Map<String, Double> gaps = new TreeMap<>();
        for (Path model : models) {
            gaps.put(model.getFileName().toString(), greatestGapToTheirLogits(model));
            HuggingFaceModel imported = HuggingFaceModel.load(model);
            Path copy = Files.createDirectory(ours.resolve(model.getFileName()));
            imported.save(copy);
            describe(model.getFileName().toString(), copy);
        }
        adapt("llama-tied");
        adapt("qwen3");
        describe("own", ownCheckpoint());
        Ended checked = python("check_models.py", ours);

        // Then
        assertThat(made.status()).as(made.said()).isZero();
        assertThat(gaps)
                .hasSize(10)
                .allSatisfy((model, gap) -> assertThat(gap).as(model).isLessThan(1e-4));
        assertThat(checked.status()).as(checked.said()).isZero();
    }

    @Test
    void aMaskedModelFillsTheSameBlanksInTransformers() throws Exception {
        // Given
        Tokenizer tokenizer = new BpeTrainer(420).train(TEXTS.iterator()).withMask();
        TransformerConfig config =
                TransformerConfig.of(tokenizer.vocabularySize(), 2, 64, 96).bothWays();
        Path folder = ours.resolve("masked");
        ObjectNode json = JSON.createObjectNode().put("folder", folder.toString());
        try (Transformer model = Transformer.initialise(config, 5);
                AdamW optimiser = new AdamW(model, AdamW.Settings.PRETRAINING)) {
            Sequences batch = hidden(tokenizer);
            for (int step = 0; step < 40; step++) {
                Steps.take(new MaskedTokenObjective(model, Precision.FLOAT32), batch, model, optimiser, 0.01);
            }
            Path checkpoint = Files.createDirectory(ours.resolve("checkpoint"));
            config.save(checkpoint, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
            tokenizer.save(checkpoint);
            Safetensors.write(checkpoint.resolve(ModelWeights.FILE), model.tensors(), Map.of("format", "pt"));

            // When
            ExportFormat.HUGGINGFACE.export(checkpoint, folder);
            int[] ids = new Random(1).ints(40, 0, config.vocabularySize()).toArray();
            put(json, "ids", ids);
            json.set("logits", JSON.valueToTree(model.logits(ids)));
            ObjectNode blanks = json.putObject("blanks");
            for (String text : List.of("成都必去<mask>是熊猫基地。", "The quick <mask> fox, <mask>5 times!", "<mask>来上海出差了。")) {
                blanks.set(
                        text,
                        JSON.valueToTree(
                                BlankFilling.fromBothSides(model, tokenizer, List.of(text.split("<mask>", -1)), 5)));
            }
        }
        Files.write(ours.resolve("masked.json"), JSON.writeValueAsBytes(json));
        Ended checked = python("check_masked.py", ours, System.getProperty("alignstream.python.masked", ""));

        // Then
        assertThat(checked.status()).as(checked.said()).isZero();
        assertThatThrownBy(() -> ExportFormat.GGUF.export(folder, ours.resolve("masked.gguf")))
                .hasMessageContaining("fills blanks");
    }

    /** The texts with every fifth token hidden. */
    private static Sequences hidden(Tokenizer tokenizer) {
        int[] text = Arrays.copyOf(tokenizer.encode(String.join("", TEXTS)), 90);
        long[] ids = Arrays.stream(text).asLongStream().toArray();
        long[] targets = new long[ids.length];
        Arrays.fill(targets, Sequences.IGNORE);
        for (int t = 0; t < ids.length; t += 5) {
            targets[t] = ids[t];
            ids[t] = tokenizer.mask().orElseThrow();
        }
        return new Sequences(1, ids.length, ids, targets);
    }

    /** All that can be read at all: what is left is refused when a model is imported. */
    @Test
    void chatTemplatesRenderWhatTransformersRender() throws Exception {
        // Given
        Ended made = python("render_chats.py", theirs);
        assertThat(made.status()).as(made.said()).isZero();
        JsonNode chats = JSON.readTree(theirs.resolve("chats.json").toFile());
        int exact = 0;
        List<String> refused = new ArrayList<>();

        for (Map.Entry<String, JsonNode> named : chats.path("templates").properties()) {
            JinjaTemplate template;
            try {
                template = JinjaTemplate.read(named.getValue().path("template").asText());
            } catch (TemplateException e) {
                refused.add(named.getKey() + ": " + e.getMessage());
                continue;
            }

            // When
            List<String> rendered = new ArrayList<>();
            for (JsonNode conversation : chats.path("conversations")) {
                rendered.add(rendered(template, chats.path("names"), conversation));
            }

            // Then
            assertThat(rendered)
                    .as(named.getKey())
                    .isEqualTo(
                            JSON.convertValue(named.getValue().path("rendered"), new TypeReference<List<String>>() {}));
            exact++;
        }
        System.out.println(exact + " chat templates are exact, refused are " + refused);
        assertThat(chats.path("conversations")).hasSizeGreaterThanOrEqualTo(12);
        assertThat(exact).isGreaterThanOrEqualTo(100);
        assertThat(refused).hasSizeLessThanOrEqualTo(1);
    }

    /** Null if the template refuses the conversation, as transformers has to. */
    private static @Nullable String rendered(JinjaTemplate template, JsonNode names, JsonNode conversation) {
        Map<String, Object> given = new HashMap<>(
                Map.of("tools", JinjaTemplate.NONE, "documents", JinjaTemplate.NONE, "add_generation_prompt", false));
        given.putAll(Given.of(names));
        given.putAll(Given.of(conversation));
        try {
            return template.render(given, conversation.toString().length()).value();
        } catch (TemplateException e) {
            assertThat(e.kind()).as(e.getMessage()).isEqualTo(TemplateException.Kind.REFUSED);
            return null;
        }
    }

    /** Of all tokens at all positions; no number if one of ours is none. */
    private static double greatestGapToTheirLogits(Path folder) throws IOException {
        JsonNode expected = JSON.readTree(
                folder.resolveSibling(folder.getFileName() + ".json").toFile());
        int[] ids = JSON.convertValue(expected.path("ids"), int[].class);
        double[][] logits = JSON.convertValue(expected.path("logits"), double[][].class);
        try (Transformer model = Transformer.load(folder)) {
            float[][] found = model.logits(ids);
            double greatest = 0;
            for (int t = 0; t < ids.length; t++) {
                for (int v = 0; v < logits[t].length; v++) {
                    greatest = Math.max(greatest, Math.abs(found[t][v] - logits[t][v]));
                }
            }
            return greatest;
        }
    }

    /** Writes what the others are to find: NAME.json and, if the format has a place for the network, NAME.gguf. */
    private void describe(String name, Path folder) throws IOException {
        HuggingFaceModel files = HuggingFaceModel.load(folder);
        Tokenizer tokenizer = files.tokenizer();
        ObjectNode json = JSON.createObjectNode();
        json.put("folder", folder.toString());
        // As GGUF our own tokenizers know no borders of pieces: see GgufTokenizer.
        json.put("blankRunsInGguf", !name.equals("own"));
        json.put("letter", tokenizer.encode("x")[0]);
        json.put(
                "fullPrecision",
                files.tensors().values().iterator().next().type().bytes() == 4);
        ObjectNode texts = json.putObject("texts");
        TEXTS.forEach(text -> put(texts, text, tokenizer.encode(text)));
        ArrayNode messages = json.putArray("messages");
        MESSAGES.forEach(message -> messages.addObject()
                .put("role", message.role().name().toLowerCase(Locale.ROOT))
                .put("content", message.content()));
        put(json, "prompt", ChatTemplate.prompt(tokenizer, MESSAGES));
        try (Transformer model = Transformer.load(folder)) {
            int[] ids = new Random(1).ints(40, 0, tokenizer.vocabularySize()).toArray();
            put(json, "ids", ids);
            json.set("logits", JSON.valueToTree(model.logits(ids)));
            int[] greedyPrompt = Arrays.copyOf(ids, 8);
            put(json, "greedyPrompt", greedyPrompt);
            int[] answer = new AnswerSampler(0, 16, -2)
                    .sample(model, List.of(greedyPrompt), new Random(1))
                    .getFirst()
                    .tokens();
            put(json, "greedy", answer);
        }
        if (!name.equals(NOT_IN_GGUF)) {
            ExportFormat.GGUF.export(folder, ours.resolve(name + ".gguf"));
        }
        Files.write(ours.resolve(name + ".json"), JSON.writeValueAsBytes(json));
    }

    private static void put(ObjectNode json, String field, int[] values) {
        ArrayNode array = json.putArray(field);
        for (int value : values) {
            array.add(value);
        }
    }

    /** Trains adapters a little, as a run of sft-service would, and exports them for PEFT. */
    private void adapt(String base) throws IOException {
        String name = base + "-adapted";
        Path folder = ours.resolve(base);
        TransformerConfig config = TransformerConfig.load(folder);
        Tokenizer tokenizer = Tokenizer.load(folder);
        List<String> targets = List.of("q_proj", "k_proj", "o_proj", "up_proj", "down_proj");
        LoraSettings settings = new LoraSettings(4, 8, new TreeSet<>(targets), LoraSettings.chatTokens(tokenizer));
        try (CheckpointStore store = CheckpointStore.open(ours.resolve("store").toUri(), ours);
                Transformer model = Transformer.load(folder);
                LoraAdapters adapters = LoraAdapters.initialise(model, settings, 1);
                AdamW optimiser = new AdamW(adapters, AdamW.Settings.FINE_TUNING)) {
            int[] row = new Random(2).ints(24, 0, config.vocabularySize()).toArray();
            row[5] = tokenizer.user();
            row[9] = tokenizer.assistant();
            boolean[] learned = new boolean[row.length];
            Arrays.fill(learned, true);
            for (int step = 0; step < 5; step++) {
                Steps.nextToken(Sequences.of(List.of(row), List.of(learned)), adapters, optimiser, 0.05);
            }
            Reference parent = store.save(
                    Manifest.draft(Stage.PRETRAIN, base, 0).withComplete(true),
                    content -> HuggingFaceModel.load(folder).save(content));
            Reference tuned = store.save(
                    Manifest.draft(Stage.SFT, name, 5)
                            .withComplete(true)
                            .withParents(Map.of("base", parent))
                            .withHyperparameters(Map.of(
                                    "lora.rank", "4",
                                    "lora.alpha", "8.0",
                                    "lora.targets", String.join(",", targets),
                                    "lora.controlTokens", "true")),
                    content -> {
                        config.save(content, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
                        tokenizer.save(content);
                        try (Transformer merged = adapters.merged()) {
                            Safetensors.write(content.resolve(ModelWeights.FILE), merged.tensors(), Map.of());
                        }
                        Safetensors.write(content.resolve(PeftAdapter.WEIGHTS), adapters.views(), Map.of());
                    });
            Path checkpoint = store.open(tuned).folder();
            ExportFormat.PEFT.export(checkpoint, ours.resolve(name + ".peft"));
            describe(name, checkpoint);
        }
    }

    /** A checkpoint as pretraining leaves it: our tokenizer, and a training state beside the model. */
    private Path ownCheckpoint() throws IOException {
        Tokenizer tokenizer = new BpeTrainer(420).train(TEXTS.iterator());
        TransformerConfig config = TransformerConfig.of(tokenizer.vocabularySize(), 2, 64, 96);
        try (CheckpointStore store = CheckpointStore.open(ours.resolve("store").toUri(), ours);
                Transformer model = Transformer.initialise(config, 5);
                AdamW optimiser = new AdamW(model, AdamW.Settings.PRETRAINING)) {
            Sequences row = Sequences.packed(List.of(Arrays.copyOf(tokenizer.encode(String.join("", TEXTS)), 90)), -1);
            for (int step = 0; step < 20; step++) {
                Steps.nextToken(row, model, optimiser, 0.01);
            }
            Reference reference = store.save(Manifest.draft(Stage.PRETRAIN, "own", 20), folder -> {
                config.save(folder, new int[] {tokenizer.endOfTurn(), tokenizer.endOfDocument()}, tokenizer.pad());
                tokenizer.save(folder);
                Safetensors.write(folder.resolve(ModelWeights.FILE), model.tensors(), Map.of("format", "pt"));
                Safetensors.write(folder.resolve("training-state.safetensors"), optimiser.state("optimiser"), Map.of());
            });
            return store.open(reference).folder();
        }
    }

    /** A script's exit status and what it printed. */
    private record Ended(int status, String said) {}

    private static Ended python(String script, Path folder) throws IOException, InterruptedException {
        return python(script, folder, "");
    }

    /** The same where packages in a folder count before the others, unless it is empty. */
    private static Ended python(String script, Path folder, String packages) throws IOException, InterruptedException {
        String python = Objects.requireNonNull(
                System.getProperty("alignstream.python"), "system property alignstream.python is not set");
        Path log = folder.resolveSibling(script + ".log");
        ProcessBuilder builder = new ProcessBuilder(
                        python, SCRIPTS.resolve(script).toString(), folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        if (!packages.isEmpty()) {
            builder.environment().put("PYTHONPATH", packages);
        }
        Process process = builder.start();
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly().waitFor();
        }
        String said = Files.readString(log);
        System.out.println(said);
        return new Ended(process.exitValue(), said);
    }
}
