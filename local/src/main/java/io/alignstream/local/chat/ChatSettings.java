package io.alignstream.local.chat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import io.alignstream.local.site.LaunchException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How answers are drawn; immutable.
 *
 * @param temperature 0, the most probable answer, to 2
 * @param topP 0 to 1: only the most probable tokens that together have this probability are drawn
 * @param maxTokens most tokens of an answer, 1 or more; null for what the service allows
 * @param seed for the same answer again; null for a random one
 * @param system what the model is told before the conversation; null for nothing
 * @param history whether a question is asked together with what was said before it
 */
public record ChatSettings(
        double temperature,
        double topP,
        @Nullable Integer maxTokens,
        @Nullable Long seed,
        @Nullable String system,
        boolean history) {

    /** The most probable answer, to each line alone. */
    public static final ChatSettings DEFAULT = new ChatSettings(0, 1, null, null, null, false);

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String NONE = "default";

    public ChatSettings {
        requireRange("temperature", temperature, 2);
        requireRange("top-p", topP, 1);
        if (maxTokens != null && maxTokens < 1) {
            throw wrong("max-tokens", maxTokens.toString(), "a whole number from 1");
        }
        system = system == null || system.isBlank() ? null : system.strip();
    }

    private static void requireRange(String name, double value, int most) {
        if (!(value >= 0 && value <= most)) {
            throw wrong(name, Double.toString(value), "a number from 0 to " + most);
        }
    }

    private static LaunchException wrong(String name, String value, String allowed) {
        return new LaunchException(name + " is " + value + " but must be " + allowed + ".");
    }

    /** Each setting by its name, as {@link #with} takes it and as a person reads it. */
    public SequencedMap<String, String> byName() {
        SequencedMap<String, String> settings = new TreeMap<>();
        settings.put("temperature", Double.toString(temperature));
        settings.put("top-p", Double.toString(topP));
        settings.put("max-tokens", maxTokens == null ? NONE : maxTokens.toString());
        settings.put("seed", seed == null ? NONE : seed.toString());
        settings.put("history", history ? "on" : "off");
        return settings;
    }

    /**
     * These settings with {@code value} for the one called {@code name}; {@code default} for what it was without.
     *
     * @param begun what the conversation began with, history on or off
     * @throws LaunchException if there is no such setting, or it does not take that value
     */
    public ChatSettings with(String name, String value, ChatSettings begun) {
        boolean none = value.equals(NONE);
        return switch (name) {
            case "temperature" -> withSampling(none ? DEFAULT.temperature : number(name, value), topP);
            case "top-p" -> withSampling(temperature, none ? DEFAULT.topP : number(name, value));
            case "max-tokens" ->
                new ChatSettings(temperature, topP, none ? null : count(name, value), seed, system, history);
            case "seed" ->
                new ChatSettings(temperature, topP, maxTokens, none ? null : whole(name, value), system, history);
            case "history" -> withHistory(none ? begun.history : isOn(value));
            default ->
                throw new LaunchException(
                        "There is no setting " + name + "; there are " + String.join(", ", byName().keySet()) + ".");
        };
    }

    private ChatSettings withSampling(double newTemperature, double newTopP) {
        return new ChatSettings(newTemperature, newTopP, maxTokens, seed, system, history);
    }

    /** With another system prompt; blank for none. */
    public ChatSettings withSystem(String prompt) {
        return new ChatSettings(temperature, topP, maxTokens, seed, prompt, history);
    }

    /** With or without what was said before. */
    public ChatSettings withHistory(boolean remembered) {
        return new ChatSettings(temperature, topP, maxTokens, seed, system, remembered);
    }

    private static double number(String name, String value) {
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw wrong(name, value, "a number, for example 0.7");
        }
    }

    private static long whole(String name, String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw wrong(name, value, "a whole number");
        }
    }

    private static int count(String name, String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw wrong(name, value, "a whole number from 1");
        }
    }

    private static boolean isOn(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "on" -> true;
            case "off" -> false;
            default -> throw wrong("history", value, "on or off");
        };
    }

    /** The body of a request to {@code model} for a streamed answer to {@code conversation}. */
    ObjectNode request(String model, List<Message> conversation) {
        ObjectNode request = JSON.createObjectNode();
        request.put("model", model).put("stream", true);
        request.put("temperature", temperature).put("top_p", topP);
        if (maxTokens != null) {
            request.put("max_tokens", maxTokens);
        }
        if (seed != null) {
            request.put("seed", seed);
        }
        ArrayNode messages = request.putArray("messages");
        if (system != null) {
            messages.add(JSON.valueToTree(new Message(Message.Role.SYSTEM, system)));
        }
        conversation.forEach(message -> messages.add(JSON.valueToTree(message)));
        return request;
    }

    /** All on one line. */
    @Override
    public String toString() {
        return byName().entrySet().stream()
                .map(ChatSettings::words)
                .collect(Collectors.joining(", ", "", system == null ? "" : ", system: " + system));
    }

    private static String words(Map.Entry<String, String> setting) {
        return setting.getKey() + " " + setting.getValue();
    }
}
