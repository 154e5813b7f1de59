package io.alignstream.languagemodel.exchange;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/**
 * Adapters in the layout of Hugging Face's PEFT: {@value #WEIGHTS} and {@value #CONFIG} in a folder of their own.
 *
 * <p>A checkpoint holds {@value #WEIGHTS} only, beside the merged weights: with {@value #CONFIG} in its folder,
 * transformers would take the folder for an adapter and look for its base model elsewhere.
 *
 * <p>Rows of an output projection of its own, which control tokens have in an untied model, need PEFT 0.18 or newer.
 */
public final class PeftAdapter {

    public static final String WEIGHTS = "adapter_model.safetensors";
    public static final String CONFIG = "adapter_config.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    private PeftAdapter() {}

    /**
     * Writes the adapters of a checkpoint of a run with LoRA to {@code folder}, which is created if need be.
     *
     * @param checkpoint folder of a checkpoint in a store of files, where its base model is, too
     * @throws IOException if the checkpoint has no adapters or cannot be read
     */
    public static void export(Path checkpoint, Path folder) throws IOException {
        Path manifest = checkpoint.resolve(Manifest.FILE_NAME);
        if (!Files.isRegularFile(checkpoint.resolve(WEIGHTS)) || !Files.isRegularFile(manifest)) {
            throw new IOException(checkpoint + " has no adapters; only fine-tuning with alignstream.sft.lora.rank makes"
                    + " some, and a model that was trained further has weights only");
        }
        URI root = checkpoint
                .toAbsolutePath()
                .normalize()
                .resolve("../../..")
                .normalize()
                .toUri();
        Manifest origin = Manifest.parse(Files.readAllBytes(manifest), manifest.toString(), root);
        Reference base = origin.parents().get("base");
        if (base == null) {
            throw new IOException(manifest + " names no base model");
        }
        URI address = base.uri();
        export(
                checkpoint,
                settings(origin.hyperparameters(), Tokenizer.load(checkpoint), manifest),
                "file".equals(address.getScheme()) ? Path.of(address).toString() : address.toString(),
                !TransformerConfig.load(checkpoint).tiedEmbeddings(),
                folder);
    }

    private static LoraSettings settings(Map<String, String> values, Tokenizer tokenizer, Path manifest)
            throws IOException {
        try {
            boolean controlTokens = Boolean.parseBoolean(values.get("lora.controlTokens"));
            LoraSettings settings =
                    LoraSettings.of(values).orElseThrow(() -> new IllegalArgumentException("no rank is given"));
            return controlTokens ? settings.training(LoraSettings.chatTokens(tokenizer)) : settings;
        } catch (IllegalArgumentException e) {
            throw new IOException(manifest + " does not say how its adapters were trained: " + e.getMessage(), e);
        }
    }

    /**
     * Writes the adapters of a checkpoint to {@code folder}, which is created if need be.
     *
     * @param checkpoint folder with {@value #WEIGHTS}
     * @param settings with which they were trained
     * @param base where PEFT finds the base model
     * @param untied whether the base model's output projection is a matrix of its own
     */
    static void export(Path checkpoint, LoraSettings settings, String base, boolean untied, Path folder)
            throws IOException {
        Files.createDirectories(folder);
        Files.copy(checkpoint.resolve(WEIGHTS), folder.resolve(WEIGHTS), StandardCopyOption.REPLACE_EXISTING);
        ObjectNode json = JSON.createObjectNode();
        json.put("peft_type", "LORA");
        json.put("task_type", "CAUSAL_LM");
        json.put("base_model_name_or_path", base);
        json.put("r", settings.rank());
        json.put("lora_alpha", settings.alpha());
        json.put("lora_dropout", 0.0);
        json.put("bias", "none");
        json.put("fan_in_fan_out", false);
        json.put("use_rslora", false);
        json.put("use_dora", false);
        json.put("inference_mode", true);
        ArrayNode targets = json.putArray("target_modules");
        settings.targets().forEach(targets::add);
        if (!settings.tokens().isEmpty()) {
            ObjectNode rows = json.putObject("trainable_token_indices");
            settings.tokens().forEach(rows.putArray("embed_tokens")::add);
            if (untied) {
                settings.tokens().forEach(rows.putArray("lm_head")::add);
            }
        }
        Files.write(
                folder.resolve(CONFIG), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }
}
