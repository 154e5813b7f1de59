package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;

/** The fields that a call knows: what would change the answer and is none of them is refused rather than ignored. */
final class Fields {

    /** Says who asks, how to bill or what to keep, which changes no answer. */
    static final Set<String> WITHOUT_EFFECT = Set.of(
            "user",
            "store",
            "metadata",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "prediction",
            "include",
            "truncation",
            "parallel_tool_calls");

    /** What others take for the default of what is not supported here: to state it changes no answer. */
    private static final Map<String, Set<String>> DEFAULTS = Map.of(
            "modalities", Set.of("[\"text\"]"),
            "length_penalty", Set.of("1", "1.0"),
            "typical_p", Set.of("1", "1.0"),
            "reasoning_effort", Set.of("\"none\""),
            "verbosity", Set.of("\"medium\""),
            "function_call", Set.of("\"none\"", "\"auto\""),
            "skip_special_tokens", Set.of("true"),
            "add_special_tokens", Set.of("true"),
            "add_generation_prompt", Set.of("true"));

    private Fields() {}

    /** Refuses what is not {@code known}, unless it only states the default. */
    static void refuseOthers(Body body, Set<String> known) {
        for (String name : body.names()) {
            if (!known.contains(name)
                    && !WITHOUT_EFFECT.contains(name)
                    && body.field(name).filter(value -> !isDefault(name, value)).isPresent()) {
                throw ApiException.unsupported(name);
            }
        }
    }

    private static boolean isDefault(String name, JsonNode value) {
        return DEFAULTS.getOrDefault(name, Set.of()).contains(value.toString())
                || (value.isContainerNode() && value.isEmpty())
                || (value.isBoolean() && !value.booleanValue())
                || (value.isNumber() && value.doubleValue() == 0);
    }
}
