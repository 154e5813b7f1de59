package io.alignstream.languagemodel.exchange;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.languagemodel.transformer.LoraSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Adapters in the layout of Hugging Face's PEFT: {@value #WEIGHTS} and {@value #CONFIG} in a folder of their own.
 *
 * <p>A checkpoint holds {@value #WEIGHTS} only, beside the merged weights: with {@value #CONFIG} in its folder,
 * transformers would take the folder for an adapter and look for its base model elsewhere.
 */
public final class PeftAdapter {

    public static final String WEIGHTS = "adapter_model.safetensors";
    public static final String CONFIG = "adapter_config.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    private PeftAdapter() {}

    /**
     * Writes the adapters of a checkpoint to {@code folder}, which is created if need be.
     *
     * @param checkpoint folder with {@value #WEIGHTS}
     * @param settings with which they were trained
     * @param base where PEFT finds the base model
     * @param untied whether the base model's output projection is a matrix of its own
     */
    public static void export(Path checkpoint, LoraSettings settings, Path base, boolean untied, Path folder)
            throws IOException {
        Files.createDirectories(folder);
        Files.copy(checkpoint.resolve(WEIGHTS), folder.resolve(WEIGHTS), StandardCopyOption.REPLACE_EXISTING);
        ObjectNode json = JSON.createObjectNode();
        json.put("peft_type", "LORA");
        json.put("task_type", "CAUSAL_LM");
        json.put("base_model_name_or_path", base.toString());
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
