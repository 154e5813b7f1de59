package io.alignstream.languagemodel.tokenizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.languagemodel.tokenizer.format.TokenizerFormat;
import io.alignstream.languagemodel.tokenizer.format.TokenizerJson;
import io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Tokenizer files laid out as those of other model families are, small ones that the tests learn for themselves. */
final class ForeignFiles {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final char SPACE = '\u2581';

    private ForeignFiles() {}

    /** A file with the control tokens, the spelling of merges and the post-processor of the family. */
    static byte[] like(TokenizerFormat format) {
        try {
            Tokenizer own = new BpeTrainer(1_500, format, 4, 1).train(Samples.mixedCorpus().stream());
            ObjectNode root = (ObjectNode) JSON.readTree(own.toJson());
            ObjectNode model = (ObjectNode) root.path("model");
            ArrayNode added = root.putArray("added_tokens");
            ObjectNode vocabulary = (ObjectNode) model.path("vocab");
            for (ControlToken token : ControlToken.values()) {
                vocabulary.remove(token.text());
                vocabulary.put("unreachable" + own.id(token), own.id(token));
            }
            int size = own.vocabularySize();
            switch (format) {
                case GPT2 -> {
                    added.add(token(0, "<|endoftext|>", true));
                    vocabulary.remove("unreachable0");
                    vocabulary.put("<|endoftext|>", 0);
                    model.remove("type");
                    model.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
                    mergesAsText(model);
                }
                case LLAMA3 -> {
                    added.add(token(size, "<|begin_of_text|>", true)).add(token(size + 1, "<|end_of_text|>", true));
                    added.add(token(size + 2, "<|eot_id|>", true));
                    mergesAsText(model);
                }
                case QWEN2 -> {
                    added.add(token(size, "<|endoftext|>", true)).add(token(size + 1, "<|im_start|>", true));
                    added.add(token(size + 2, "<|im_end|>", true)).add(token(size + 3, "<think>", false));
                    added.add(token(size + 4, "<|fim_pad|>", false));
                }
                default -> throw new IllegalArgumentException(format + " is no foreign format");
            }
            return JSON.writeValueAsBytes(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A file in SentencePiece's manner, laid out as Llama 2's: tokens start as characters, a space is U+2581 and stands in
     * front of a text, too.
     */
    static ObjectNode sentencePiece() {
        try {
            Tokenizer own = new BpeTrainer(1_500).train(Samples.mixedCorpus().stream());
            ObjectNode root = (ObjectNode) JSON.readTree(own.toJson());
            ObjectNode model = (ObjectNode) root.path("model");
            ArrayNode added = root.putArray("added_tokens");
            ObjectNode vocabulary = model.putObject("vocab");
            for (int id = 0; id < own.vocabularySize(); id++) {
                vocabulary.put(id < 6 ? "unreachable" + id : own.name(id).replace(' ', SPACE), id);
            }
            String[] control = {"<unk>", "<s>", "</s>"};
            for (int id = 0; id < control.length; id++) {
                vocabulary.remove("unreachable" + id);
                vocabulary.put(control[id], id);
                added.add(token(id, control[id], true));
            }
            added.add(token(vocabulary.size(), "<think>", false));
            mergesAsText(model);
            model.put("unk_token", "<unk>").put("fuse_unk", true);
            String space = String.valueOf(SPACE);
            ArrayNode normalizers =
                    root.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
            normalizers.addObject().put("type", "Prepend").put("prepend", space);
            normalizers.add(replace(" ", space));
            root.putNull("pre_tokenizer");
            ArrayNode decoders =
                    root.putObject("decoder").put("type", "Sequence").putArray("decoders");
            decoders.add(replace(space, " "));
            decoders.addObject().put("type", "ByteFallback");
            decoders.addObject().put("type", "Fuse");
            decoders.addObject()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
            return root;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same as newer files have it: a pre-tokenizer instead of a normalizer. */
    static ObjectNode sentencePiece(String prependScheme, boolean split) {
        ObjectNode root = sentencePiece();
        root.putNull("normalizer");
        root.putObject("pre_tokenizer")
                .put("type", "Metaspace")
                .put("replacement", String.valueOf(SPACE))
                .put("prepend_scheme", prependScheme)
                .put("split", split);
        if (prependScheme.equals("never")) {
            ((ArrayNode) root.path("decoder").path("decoders")).remove(3);
        }
        return root;
    }

    static byte[] bytes(ObjectNode root) {
        try {
            return JSON.writeValueAsBytes(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectNode replace(String what, String by) {
        ObjectNode step = JSON.createObjectNode().put("type", "Replace").put("content", by);
        step.putObject("pattern").put("String", what);
        return step;
    }

    private static ObjectNode token(int id, String text, boolean special) {
        return TokenizerJson.controlToken(id, text).put("special", special);
    }

    private static void mergesAsText(ObjectNode model) {
        ArrayNode merges = model.arrayNode();
        model.path("merges")
                .forEach(pair -> merges.add(StreamSupport.stream(pair.spliterator(), false)
                        .map(part -> part.asText().replace(' ', SPACE))
                        .collect(Collectors.joining(" "))));
        model.set("merges", merges);
    }
}
