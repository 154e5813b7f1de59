package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import java.util.Map;

/**
 * A text as it entered the pipeline, key {@code id}.
 *
 * @param id names the document; the loaders use a hash of the content unless an id is given
 * @param text at most {@value #MAX_TEXT} characters; may be empty: dropping it is the cleaner's task, and counted
 * @param source where the text comes from, for lineage
 * @param labels free annotations
 */
public record Document(String id, String text, String source, Map<String, String> labels) {

    public static final int MAX_TEXT = 1_000_000;

    public Document {
        Check.id("id", id);
        Check.bounded("text", text, MAX_TEXT);
        Check.text("source", source, Check.MAX_LABEL);
        labels = Check.labels("labels", labels);
    }
}
