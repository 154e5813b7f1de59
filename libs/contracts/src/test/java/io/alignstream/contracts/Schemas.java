package io.alignstream.contracts;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.InputStream;

/** The committed schema of each event. */
final class Schemas {

    private static final String TYPE_PREFIX = "io.alignstream.";

    private Schemas() {}

    /** Name and version of a topic's event, for example {@code clean-document.v1}. */
    static String event(Topic<?> topic) {
        return ((CloudEventCodec<?>) topic.codec()).type().substring(TYPE_PREFIX.length());
    }

    static JsonNode json(Topic<?> topic) throws IOException {
        String file = "schemas/" + event(topic) + ".schema.json";
        try (InputStream in = Topic.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new AssertionError("there is no " + file);
            }
            return CloudEventCodec.JSON.readTree(in);
        }
    }

    static JsonSchema of(Topic<?> topic) throws IOException {
        return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(json(topic));
    }
}
