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

    private static ObjectNode token(int id, String text, boolean special) {
        return TokenizerJson.controlToken(id, text).put("special", special);
    }

    private static void mergesAsText(ObjectNode model) {
        ArrayNode merges = model.arrayNode();
        model.path("merges")
                .forEach(pair -> merges.add(StreamSupport.stream(pair.spliterator(), false)
                        .map(part -> part.asText())
                        .collect(Collectors.joining(" "))));
        model.set("merges", merges);
    }
}
