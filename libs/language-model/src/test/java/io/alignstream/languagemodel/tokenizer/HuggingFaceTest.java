package io.alignstream.languagemodel.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Hugging Face's own library makes the same ids from the file and the same text from the ids. */
class HuggingFaceTest {

    private static final Tokenizer TOKENIZER = new BpeTrainer(900).train(Samples.mixedCorpus().stream());

    @Test
    void ordinaryTextGivesTheSameIds() throws Exception {
        // Given: without added tokens, their library takes control tokens in a text as text, as this one always does
        ObjectNode file = (ObjectNode) new ObjectMapper().readTree(TOKENIZER.toJson());
        file.putArray("added_tokens");
        try (HuggingFaceTokenizer reference = open(new ObjectMapper().writeValueAsBytes(file))) {
            for (String text : Samples.texts(2_500, 8)) {
                // When
                long[] expected = reference.encode(text, false, false).getIds();

                // Then
                assertThat(asLongs(TOKENIZER.encode(text))).as(text).isEqualTo(expected);
                assertThat(reference.decode(expected)).isEqualTo(text);
            }
            String run = "a".repeat(100_000);
            assertThat(asLongs(TOKENIZER.encode(run)))
                    .isEqualTo(reference.encode(run, false, false).getIds());
        }
    }

    @Test
    void renderedConversationGivesTheSameIds() throws Exception {
        // Given
        List<Message> messages =
                List.of(new Message(Message.Role.SYSTEM, "短 一点"), Message.user(Samples.EXAMPLE + " ok"));
        String rendered = "<|system|>短 一点<|endofturn|><|user|>" + Samples.EXAMPLE + " ok<|endofturn|><|assistant|>";
        try (HuggingFaceTokenizer reference = open(TOKENIZER.toJson())) {
            // When
            long[] expected = reference.encode(rendered, false, false).getIds();

            // Then
            assertThat(asLongs(ChatTemplate.prompt(TOKENIZER, messages))).isEqualTo(expected);
        }
    }

    private static HuggingFaceTokenizer open(byte[] json) throws Exception {
        return HuggingFaceTokenizer.newInstance(
                new ByteArrayInputStream(json), Map.of("truncation", "DO_NOT_TRUNCATE", "padding", "DO_NOT_PAD"));
    }

    private static long[] asLongs(int[] ids) {
        return Arrays.stream(ids).asLongStream().toArray();
    }
}
