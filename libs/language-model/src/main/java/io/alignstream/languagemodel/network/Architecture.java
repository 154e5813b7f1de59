package io.alignstream.languagemodel.network;

import java.util.Arrays;
import java.util.Optional;

/** Families of networks that the program computes; they differ in biases and in norms on queries and keys. */
public enum Architecture {
    /** RMSNorm, rotary positions, SwiGLU, grouped-query attention; biases are a switch. */
    LLAMA("llama", "LlamaForCausalLM"),
    /** As {@link #LLAMA}, always with biases on queries, keys and values. */
    QWEN2("qwen2", "Qwen2ForCausalLM"),
    /** As {@link #LLAMA}, with RMSNorm on each head's query and key and a head size of its own. */
    QWEN3("qwen3", "Qwen3ForCausalLM"),
    /** As {@link #LLAMA}, but for attention, which goes both ways (Boizard et al., arXiv 2503.05500). */
    EUROBERT("eurobert", "EuroBertForMaskedLM");

    private final String modelType;
    private final String className;

    Architecture(String modelType, String className) {
        this.modelType = modelType;
        this.className = className;
    }

    /** Value of {@code model_type} in {@code config.json}. */
    public String modelType() {
        return modelType;
    }

    /** Name of the class in Hugging Face's transformers. */
    public String className() {
        return className;
    }

    /** Whether a token takes from those behind it, too. */
    public boolean bidirectional() {
        return this == EUROBERT;
    }

    /** The family of a {@code model_type}; empty if it is none of these. */
    public static Optional<Architecture> of(String modelType) {
        return Arrays.stream(values())
                .filter(architecture -> architecture.modelType.equals(modelType))
                .findFirst();
    }

    /** Every supported {@code model_type}, for error messages. */
    static String supported() {
        return Arrays.stream(values())
                .map(architecture -> '"' + architecture.modelType + '"')
                .reduce((a, b) -> a + ", " + b)
                .orElseThrow();
    }
}
