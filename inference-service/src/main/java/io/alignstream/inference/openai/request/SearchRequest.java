package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.Set;

/**
 * A request for passages alone, checked.
 *
 * @param query what they are to go with, not blank
 */
public record SearchRequest(String query, RetrievalRequest wanted) {

    private static final String QUERY = "query";
    private static final String PASSAGES = "passages";
    private static final String MINIMUM = "minimum_similarity";
    static final Set<String> FIELDS = Set.of(QUERY, PASSAGES, MINIMUM);

    /** Reads and checks the body of a request. */
    public static SearchRequest parse(byte[] json) {
        Body body = Body.of(json);
        Fields.refuseOthers(body, FIELDS);
        String query = body.text(QUERY).filter(text -> !text.isBlank()).orElseThrow(() -> ApiException.missing(QUERY));
        return new SearchRequest(
                query,
                new RetrievalRequest(
                        RetrievalRequest.passages(PASSAGES, field(body, PASSAGES)),
                        RetrievalRequest.similarity(MINIMUM, field(body, MINIMUM))));
    }

    private static JsonNode field(Body body, String name) {
        return body.field(name).orElse(MissingNode.getInstance());
    }
}
