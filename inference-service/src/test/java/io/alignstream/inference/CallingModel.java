package io.alignstream.inference;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.format.TokenizerFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A model with Qwen's template and one thought: whatever it is asked, it says {@value #SAID} and calls the tool {@value #TOOL}. Each
 * of its tokens has one successor.
 */
final class CallingModel {

    static final String TOOL = "weather";
    static final String ARGUMENTS = "{\"city\":7}";
    static final String SAID = "Wait";

    private static final String CALL = "{\"name\":\"" + TOOL + "\",\"arguments\":" + ARGUMENTS + "}";
    private static final int POSITIONS = 4_096;
    private static final int WIDTH = 128;
    private static final String TEMPLATE =
            """
            {%- if tools %}
                {{- '<|im_start|>system\\nTools:' }}
                {%- for tool in tools %}
                    {{- '\\n' }}{{- tool | tojson }}
                {%- endfor %}
                {{- '<|im_end|>\\n' }}
            {%- endif %}
            {%- for message in messages %}
                {%- if message.role == 'tool' %}
                    {{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
                {%- else %}
                    {{- '<|im_start|>' + message.role }}
                    {%- if message.content %}{{- '\\n' + message.content }}{%- endif %}
                    {%- for tool_call in message.tool_calls or [] %}
                        {{- '\\n<tool_call>\\n{"name": "' + tool_call.function.name + '", "arguments": ' }}
                        {{- tool_call.function.arguments | tojson }}{{- '}\\n</tool_call>' }}
                    {%- endfor %}
                    {{- '<|im_end|>\\n' }}
                {%- endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}
                {{- '<|im_start|>assistant\\n' }}
            {%- endif %}
            """;

    private CallingModel() {}

    static Reference save(CheckpointStore store) throws IOException {
        Path files = Files.createTempDirectory("tokenizer");
        writeTokenizer(files);
        Tokenizer tokenizer = Tokenizer.load(files);
        int[] said = tokenizer.encodeTrusted(SAID + "<tool_call>" + CALL + "</tool_call><|im_end|>");
        int[] prompt = tokenizer.encodeTrusted("<|im_start|>assistant\n");
        List<Integer> chain = new ArrayList<>(List.of(prompt[prompt.length - 1]));
        Arrays.stream(said).forEach(chain::add);
        if (chain.stream().distinct().count() != chain.size()) {
            throw new IllegalStateException("a token comes twice in " + chain);
        }
        TransformerConfig config =
                new TransformerConfig(tokenizer.vocabularySize(), 1, WIDTH, 1, 1, 32, POSITIONS, 10_000, 1e-6, false);
        Map<String, Tensor> tensors;
        try (Transformer network = Transformer.initialise(config, 7)) {
            tensors = new LinkedHashMap<>(network.tensors());
        }
        // Neither attention nor the layers behind it have a say: a token's vector alone leads to the next token.
        tensors.replaceAll((name, tensor) -> name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight")
                ? Tensor.of(new float[tensor.toFloats().length], tensor.shape())
                : tensor);
        float[] vectors = tensors.getOrDefault("model.embed_tokens.weight", Tensor.of(new float[0], 0))
                .toFloats();
        tensors.computeIfPresent("lm_head.weight", (name, head) -> successors(chain, vectors, head));
        Manifest draft = Manifest.draft(Stage.RLHF, "calling", 1).withComplete(true);
        return store.save(draft, folder -> {
            config.save(folder, new int[] {tokenizer.endOfDocument(), tokenizer.endOfTurn()}, tokenizer.pad());
            tokenizer.save(folder);
            Safetensors.write(folder.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
        });
    }

    private static Tensor successors(List<Integer> chain, float[] vectors, Tensor head) {
        float[] rows = new float[head.toFloats().length];
        for (int i = 0; i + 1 < chain.size(); i++) {
            double square = 0;
            for (int x = 0; x < WIDTH; x++) {
                double value = vectors[chain.get(i) * WIDTH + x];
                square += value * value;
            }
            for (int x = 0; x < WIDTH; x++) {
                double value = vectors[chain.get(i) * WIDTH + x];
                rows[chain.get(i + 1) * WIDTH + x] = (float) (10 * value / Math.sqrt(square));
            }
        }
        return Tensor.of(rows, head.shape());
    }

    private static void writeTokenizer(Path folder) throws IOException {
        ObjectMapper json = new ObjectMapper();
        Tokenizer plain = new BpeTrainer(600, TokenizerFormat.QWEN2, 4, 1)
                .train(Stream.generate(() -> SAID + " " + CALL + " assistant\n").limit(20));
        ObjectNode root = (ObjectNode) json.readTree(plain.toJson());
        ArrayNode added = (ArrayNode) root.path("added_tokens");
        int id = plain.vocabularySize();
        for (String text : List.of("<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>")) {
            ObjectNode token = added.path(0).deepCopy();
            // Qwen's files call these two text, which they are not.
            added.add(token.put("id", id++).put("content", text).put("special", !text.contains("tool")));
        }
        json.writeValue(folder.resolve(Tokenizer.TOKENIZER_FILE).toFile(), root);
        json.writeValue(
                folder.resolve(Tokenizer.CONFIG_FILE).toFile(),
                json.createObjectNode().put("chat_template", TEMPLATE));
    }
}
