package io.alignstream.inference.openai.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ConversationTest {

    @Test
    void withToolsItIsAsLongAsAllThatIsSaid() throws JsonProcessingException {
        // Given
        ObjectMapper json = new ObjectMapper();
        String text = "x".repeat(10_000);
        JsonNode messages = json.readTree("[{\"role\": \"user\", \"content\": \"" + text + "\"}]");
        Body body = Body.of(("{\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\":"
                        + " {\"properties\": {\"" + text + "\": {}}}}}]}")
                .getBytes(StandardCharsets.UTF_8));

        // When
        Conversation conversation = Conversation.of("messages", messages, OfferedTools.of(body));

        // Then
        assertThat(conversation.characters()).isBetween(20_000L, 20_100L);
    }
}
