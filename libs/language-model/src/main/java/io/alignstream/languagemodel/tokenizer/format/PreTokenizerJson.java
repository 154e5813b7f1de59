package io.alignstream.languagemodel.tokenizer.format;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.languagemodel.tokenizer.split.ByteLevelSplit;
import io.alignstream.languagemodel.tokenizer.split.DigitSplit;
import io.alignstream.languagemodel.tokenizer.split.HanSplit;
import io.alignstream.languagemodel.tokenizer.split.PreTokenizer;
import io.alignstream.languagemodel.tokenizer.split.RegexSplit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads the {@code pre_tokenizer} of a tokenizer file; what it does not know would silently make other ids. */
final class PreTokenizerJson {

    private PreTokenizerJson() {}

    /**
     * What was read.
     *
     * @param byteLevel whether tokens start as bytes
     */
    record Read(PreTokenizer preTokenizer, boolean byteLevel) {}

    static Read read(JsonNode node) {
        List<PreTokenizer> steps = new ArrayList<>();
        boolean byteLevel = false;
        for (JsonNode step : steps(node)) {
            if (byteLevel) {
                throw unsupported("a step behind ByteLevel", node);
            }
            switch (step.path("type").asText()) {
                case "Split" -> steps.add(split(step));
                case "Digits" ->
                    steps.add(new DigitSplit(step.path("individual_digits").asBoolean()));
                case "ByteLevel" -> {
                    byteLevel = true;
                    if (step.path("add_prefix_space").asBoolean()) {
                        throw unsupported("add_prefix_space", step);
                    }
                    if (step.path("use_regex").asBoolean(true)) {
                        steps.add(ByteLevelSplit.GPT2);
                    }
                }
                default -> throw unsupported("this pre-tokenizer", step);
            }
        }
        boolean own = steps.size() == 1 && steps.getFirst() instanceof HanSplit;
        if (!byteLevel && !own) {
            throw unsupported("a pre-tokenizer that is neither Alignstream's nor ByteLevel", node);
        }
        return new Read(steps.isEmpty() ? PreTokenizer.whole() : PreTokenizer.sequence(steps), byteLevel);
    }

    private static Iterable<JsonNode> steps(JsonNode node) {
        return node.path("type").asText().equals("Sequence") ? node.path("pretokenizers") : List.of(node);
    }

    private static PreTokenizer split(JsonNode step) {
        JsonNode pattern = step.path("pattern").path("Regex");
        String behavior = step.path("behavior").asText();
        boolean onlyMatches = behavior.equals("Removed") && step.path("invert").asBoolean();
        if (!pattern.isTextual() || !(onlyMatches || behavior.equals("Isolated"))) {
            throw unsupported("a split that is not of a Regex, and Isolated or Removed and inverted", step);
        }
        // The scanners' expressions match every text to its end, so nothing lies between their matches.
        if (pattern.asText().equals(HanSplit.PATTERN)) {
            return new HanSplit();
        }
        Optional<ByteLevelSplit> known = Arrays.stream(ByteLevelSplit.values())
                .filter(split -> split.pattern().equals(pattern.asText()))
                .findFirst();
        return known.isPresent() ? known.get() : new RegexSplit(pattern.asText(), onlyMatches);
    }

    private static IllegalArgumentException unsupported(String what, JsonNode node) {
        return new IllegalArgumentException("pre-tokenizer: " + what + " is not supported: " + node);
    }
}
