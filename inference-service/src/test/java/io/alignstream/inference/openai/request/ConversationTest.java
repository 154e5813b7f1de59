package io.alignstream.inference.openai.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class ConversationTest {

    @Test
    void withToolsItIsAsLongAsAllThatIsSaid() throws JsonProcessingException {
        // Given
        ObjectMapper json = new ObjectMapper();
        String text = "x".repeat(10_000);
        JsonNode messages = json.readTree("[{\"role\": \"user\", \"content\": \"" + text + "\"}]");
        JsonNode tools = json.readTree("[{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\":"
                + " {\"properties\": {\"" + text + "\": {}}}}}]");

        // When
        Conversation conversation = Conversation.of("messages", messages, tools);

        // Then
        assertThat(conversation.characters()).isBetween(20_000L, 20_100L);
    }
}
