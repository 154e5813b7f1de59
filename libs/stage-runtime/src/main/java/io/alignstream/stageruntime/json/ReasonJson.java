package io.alignstream.stageruntime.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;
import java.io.IOException;

/** How REST answers give a reason: code and arguments for programs, and the English sentence as {@code text}. */
@Singleton
public class ReasonJson implements ObjectMapperCustomizer {

    @Override
    public void customize(ObjectMapper mapper) {
        mapper.registerModule(new SimpleModule().addSerializer(new Serializer()));
    }

    private static final class Serializer extends StdSerializer<Reason> {

        private static final long serialVersionUID = 1;

        Serializer() {
            super(Reason.class);
        }

        @Override
        public void serialize(Reason reason, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeStartObject();
            json.writeStringField("code", reason.code());
            provider.defaultSerializeField("arguments", reason.arguments(), json);
            json.writeStringField("text", Messages.english(reason));
            json.writeEndObject();
        }
    }
}
