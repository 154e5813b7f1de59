package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.generation.Decoding;
import io.alignstream.languagemodel.generation.TokenConstraint;
import io.alignstream.languagemodel.generation.TokenSampler;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * How the tokens of each answer are chosen, whatever they answer.
 *
 * @param stops texts that end an answer, at most {@value #MAX_STOPS}
 * @param seed of the first answer; the others' are drawn from it
 * @param choices how many answers, at most {@value #MAX_CHOICES}
 * @param probabilities whether the log probability of each token is told
 * @param alternatives how many of the most probable tokens are told beside each
 */
public record Sampling(
        TokenSampler sampler, List<String> stops, long seed, int choices, boolean probabilities, int alternatives) {

    static final Set<String> FIELDS = Set.of(
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "repetition_penalty",
            "presence_penalty",
            "frequency_penalty",
            "logit_bias",
            "stop",
            "seed",
            "n");

    private static final double LEAST_TEMPERATURE = 1e-5;
    private static final int MAX_CHOICES = 16;
    private static final int MAX_STOPS = 4;
    private static final int MAX_STOP_LENGTH = 1_000;
    private static final int MAX_BIASES = 1_024;
    private static final int MOST_CANDIDATES = 1 << 24;

    static Sampling of(Body body, boolean probabilities, int alternatives) {
        TokenSampler sampler = new TokenSampler(
                temperature(body),
                body.number("top_p", 0, 1, 1),
                (int) Math.max(0, body.integer("top_k", -1, MOST_CANDIDATES).orElse(0)),
                body.number("min_p", 0, 1, 0),
                new TokenSampler.Penalties(
                        body.number("repetition_penalty", 0.01, 10, 1),
                        body.number("presence_penalty", -2, 2, 0),
                        body.number("frequency_penalty", -2, 2, 0)),
                bias(body));
        return new Sampling(
                sampler,
                stops(body),
                body.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE)
                        .orElseGet(() -> ThreadLocalRandom.current().nextLong()),
                (int) body.integer("n", 1, MAX_CHOICES).orElse(1),
                probabilities,
                alternatives);
    }

    /** Logits divided by less are beyond what a float holds; the most probable token is what they all mean. */
    private static double temperature(Body body) {
        double said = body.number("temperature", 0, 2, 1);
        return said < LEAST_TEMPERATURE ? 0 : said;
    }

    /** How the answer {@code choice} is written, in {@code maxTokens} at most. */
    public Decoding decoding(int choice, int maxTokens, Optional<Supplier<TokenConstraint>> constraint) {
        return decoding(choice, maxTokens, new BitSet(), constraint);
    }

    /** The same, with control tokens that are {@code shown} in the answer and do not end it. */
    public Decoding decoding(int choice, int maxTokens, BitSet shown, Optional<Supplier<TokenConstraint>> constraint) {
        SplittableRandom seeds = new SplittableRandom(seed);
        long own = seed;
        for (int i = 0; i < choice; i++) {
            own = seeds.nextLong();
        }
        return new Decoding(sampler, maxTokens, stops, own, alternatives, shown, constraint);
    }

    /** Refuses a bias for a token that the model has not. */
    public void requireTokensBelow(int vocabulary) {
        sampler.bias().keySet().stream()
                .filter(id -> id >= vocabulary)
                .findFirst()
                .ifPresent(id -> {
                    throw ApiException.invalid(
                            "logit_bias",
                            Reason.of("api.noSuchToken")
                                    .with("token", Integer.toString(id))
                                    .with("most", vocabulary - 1L));
                });
    }

    private static Map<Integer, Double> bias(Body body) {
        Optional<JsonNode> field = body.field("logit_bias");
        if (field.isEmpty()) {
            return Map.of();
        }
        JsonNode json = field.get();
        Reason rule = Reason.of("api.mustBeBias").with("most", MAX_BIASES);
        if (!json.isObject() || json.size() > MAX_BIASES) {
            throw Body.wrong("logit_bias", json, rule);
        }
        Map<Integer, Double> bias = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            JsonNode value = entry.getValue();
            if (!entry.getKey().matches("\\d{1,9}") || !value.isNumber() || Math.abs(value.doubleValue()) > 100) {
                throw Body.wrong("logit_bias", json, rule);
            }
            bias.put(Integer.valueOf(entry.getKey()), value.doubleValue());
        }
        return bias;
    }

    private static List<String> stops(Body body) {
        JsonNode value = body.field("stop").orElse(null);
        if (value == null) {
            return List.of();
        }
        List<String> stops = new ArrayList<>();
        if (value.isTextual()) {
            stops.add(value.textValue());
        } else if (value.isArray() && value.size() <= MAX_STOPS) {
            value.forEach(stop -> stops.add(stop.isTextual() ? stop.textValue() : ""));
        } else {
            throw Body.wrong("stop", value, Reason.of("api.mustBeStops").with("most", MAX_STOPS));
        }
        for (String stop : stops) {
            if (stop.isEmpty() || stop.length() > MAX_STOP_LENGTH) {
                throw Body.wrong("stop", value, Reason.of("api.mustHoldStops").with("most", MAX_STOP_LENGTH));
            }
        }
        return stops;
    }
}
