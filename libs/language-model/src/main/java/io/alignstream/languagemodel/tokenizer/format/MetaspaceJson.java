package io.alignstream.languagemodel.tokenizer.format;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.languagemodel.tokenizer.encoding.Metaspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what the file of a SentencePiece tokenizer says about spaces: in its normalizer or in its pre-tokenizer. */
final class MetaspaceJson {

    private static final String SPACE = String.valueOf(Metaspace.SPELLED);

    private MetaspaceJson() {}

    /**
     * What was read.
     *
     * @param cuts whether every space begins a piece; otherwise merges may cross spaces
     */
    record Read(Metaspace metaspace, boolean cuts) {}

    /** Empty for a file that cuts text in another way. */
    static Optional<Read> read(JsonNode root) {
        JsonNode cutting = root.path("pre_tokenizer");
        if (cutting.path("type").asText().equals("Metaspace")) {
            return Optional.of(preTokenizer(cutting, root));
        }
        return cutting.isNull() || cutting.isMissingNode() ? Optional.of(normalizer(root)) : Optional.empty();
    }

    private static Read preTokenizer(JsonNode node, JsonNode root) {
        JsonNode normalizer = root.path("normalizer");
        require(normalizer.isNull() || normalizer.isMissingNode(), "normalizer beside a Metaspace", normalizer);
        require(node.path("replacement").asText().equals(SPACE), "replacement", node);
        String scheme = node.path("add_prefix_space").asBoolean(true)
                ? node.path("prepend_scheme").asText("always")
                : "never";
        Metaspace.Front front =
                switch (scheme) {
                    case "never" -> Metaspace.Front.NOTHING;
                    case "first" -> Metaspace.Front.TEXT;
                    case "always" -> Metaspace.Front.EVERY_STRETCH;
                    default -> throw unsupported("prepend_scheme", node);
                };
        return new Read(
                new Metaspace(front, false, strips(root)), node.path("split").asBoolean(true));
    }

    private static Read normalizer(JsonNode root) {
        JsonNode node = root.path("normalizer");
        List<JsonNode> steps = new ArrayList<>();
        (node.path("type").asText().equals("Sequence") ? node.path("normalizers") : List.of(node)).forEach(steps::add);
        boolean prepends = steps.size() == 2
                && steps.getFirst().path("type").asText().equals("Prepend")
                && steps.getFirst().path("prepend").asText().equals(SPACE);
        require(
                steps.size() == (prepends ? 2 : 1) && replaces(steps.getLast(), " ", SPACE),
                "normalizer, without a pre_tokenizer and other than Prepend and Replace,",
                node);
        for (JsonNode token : root.path("added_tokens")) {
            // Their library would look for it with the space in front.
            require(!prepends || !token.path("normalized").asBoolean(), "added token, which is normalized,", token);
        }
        Metaspace.Front front = prepends ? Metaspace.Front.EVERY_STRETCH : Metaspace.Front.NOTHING;
        return new Read(new Metaspace(front, true, strips(root)), false);
    }

    private static boolean strips(JsonNode root) {
        JsonNode decoder = root.path("decoder");
        List<JsonNode> steps = new ArrayList<>();
        decoder.path("decoders").forEach(steps::add);
        boolean strips = !steps.isEmpty()
                && steps.getLast().path("type").asText().equals("Strip")
                && steps.getLast().path("content").asText().equals(" ")
                && steps.getLast().path("start").asInt() == 1
                && steps.getLast().path("stop").asInt() == 0;
        List<String> types = steps.subList(0, steps.size() - (strips ? 1 : 0)).stream()
                .map(step -> replaces(step, SPACE, " ")
                        ? "spaces"
                        : step.path("type").asText())
                .toList();
        require(
                types.equals(List.of("spaces", "ByteFallback", "Fuse"))
                        || types.equals(List.of("ByteFallback", "Fuse", "spaces")),
                "decoder, other than Replace, ByteFallback, Fuse and Strip,",
                decoder);
        return strips;
    }

    private static boolean replaces(JsonNode step, String what, String by) {
        return step.path("type").asText().equals("Replace")
                && step.path("pattern").path("String").asText().equals(what)
                && step.path("content").asText().equals(by);
    }

    private static void require(boolean supported, String what, JsonNode node) {
        if (!supported) {
            throw unsupported(what, node);
        }
    }

    private static IllegalArgumentException unsupported(String what, JsonNode node) {
        return new IllegalArgumentException(
                "of tokenizers in SentencePiece's manner this " + what + " is not supported: " + node);
    }
}
