package io.alignstream.inference.openai.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.inference.openai.OpenApiResource;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OpenApiDocumentTest {

    private static final Map<String, Set<String>> READ = Map.of(
            "ChatRequest", ChatRequest.FIELDS,
            "CompletionRequest", CompletionRequest.FIELDS,
            "ResponseRequest", ResponsesRequest.FIELDS,
            "EmbeddingRequest", EmbeddingRequest.FIELDS,
            "TokenizeRequest", TokenizeRequest.FIELDS,
            "DetokenizeRequest", TokenizeRequest.BACK);

    /** What changes no answer is documented or not, as it is of use. */
    @Test
    void theDocumentHasTheFieldsThatAreRead() throws IOException {
        // When
        JsonNode schemas = document().path("components").path("schemas");

        // Then
        READ.forEach((name, fields) -> {
            Set<String> documented = new TreeSet<>();
            schemas.path(name).path("properties").fieldNames().forEachRemaining(documented::add);
            documented.removeAll(Fields.WITHOUT_EFFECT);
            assertThat(documented).as(name).containsExactlyInAnyOrderElementsOf(fields);
        });
    }

    @Test
    void everyReferenceLeadsSomewhere() throws IOException {
        // Given
        JsonNode document = document();

        // When
        Set<String> references = new TreeSet<>(document.findValuesAsText("$ref"));

        // Then
        assertThat(references).isNotEmpty().allSatisfy(reference -> assertThat(
                        document.at(reference.substring(1)).isMissingNode())
                .isFalse());
    }

    private static JsonNode document() throws IOException {
        try (InputStream in = Objects.requireNonNull(OpenApiResource.class.getResourceAsStream("openapi.json"))) {
            return new ObjectMapper().readTree(in);
        }
    }
}
