package io.alignstream.inference.openai.answer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.inference.retrieval.FoundPassage;
import io.alignstream.inference.retrieval.Passage;
import java.util.List;

/**
 * What an answer is grounded in.
 *
 * @param passages those that the model was shown, in the order in which they are numbered
 * @param leftOut how many more were found and did not fit the context
 */
public record Sources(List<FoundPassage> passages, int leftOut) {

    /** The field of an answer that they stand in. */
    static final String FIELD = "retrieval";

    public Sources {
        passages = List.copyOf(passages);
    }

    ObjectNode json() {
        ObjectNode json = Head.JSON.objectNode();
        json.set("sources", list(passages));
        return json.put("left_out", leftOut);
    }

    /** Passages with what there is to be known of each. */
    public static ArrayNode list(List<FoundPassage> passages) {
        ArrayNode list = Head.JSON.arrayNode();
        for (FoundPassage found : passages) {
            Passage passage = found.passage();
            ObjectNode json = list.addObject().put("number", list.size()).put("document", passage.document());
            if (passage.title() != null) {
                json.put("title", passage.title());
            }
            if (passage.uri() != null) {
                json.put("uri", passage.uri());
            }
            json.put("source", passage.source())
                    .put("text", passage.text())
                    .put("score", Math.round(found.similarity() * 1e4) / 1e4);
        }
        return list;
    }
}
