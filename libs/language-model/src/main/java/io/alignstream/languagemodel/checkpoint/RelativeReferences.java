package io.alignstream.languagemodel.checkpoint;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.net.URI;

/**
 * Writes the address of a checkpoint relative to its store's root ({@code sft/run/step-hash}) and reads it back below
 * the root at hand: a store may be moved or mirrored, and equal work in two places has equal manifests.
 */
final class RelativeReferences {

    private static final String ROOT = "root";

    private RelativeReferences() {}

    static SimpleModule module() {
        return new SimpleModule().addSerializer(URI.class, new Writer()).addDeserializer(URI.class, new Reader());
    }

    static ObjectReader below(ObjectReader reader, URI root) {
        return reader.withAttribute(ROOT, root);
    }

    private static final class Writer extends JsonSerializer<URI> {
        @Override
        public void serialize(URI uri, JsonGenerator json, SerializerProvider context) throws IOException {
            json.writeString(CheckpointName.of(uri).map(CheckpointName::path).orElse(uri.toString()));
        }
    }

    private static final class Reader extends JsonDeserializer<URI> {
        @Override
        public URI deserialize(JsonParser json, DeserializationContext context) throws IOException {
            try {
                URI uri = URI.create(json.getValueAsString(""));
                return uri.isAbsolute() ? uri : URI.create(context.getAttribute(ROOT) + uri.toString());
            } catch (IllegalArgumentException e) {
                return (URI) context.handleWeirdStringValue(URI.class, json.getText(), "not a URI");
            }
        }
    }
}
