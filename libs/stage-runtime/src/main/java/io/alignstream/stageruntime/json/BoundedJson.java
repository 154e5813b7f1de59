package io.alignstream.stageruntime.json;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;

/**
 * Bounds the JSON of request bodies while it is read: a few bytes make an object that takes a hundred. And takes each number for
 * what it is, as events do: 1.9 is no whole number, 1e999 none that can be computed with, and a text is no number.
 */
@Singleton
public class BoundedJson implements ObjectMapperCustomizer {

    /** Of one body. */
    private static final int MOST_TOKENS = 200_000;

    private static final int DEEPEST = 64;

    @Override
    public void customize(ObjectMapper mapper) {
        mapper.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(DEEPEST)
                        .maxTokenCount(MOST_TOKENS)
                        .build());
        mapper.disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT);
        mapper.coercionConfigFor(LogicalType.Integer).setCoercion(CoercionInputShape.String, CoercionAction.Fail);
        mapper.coercionConfigFor(LogicalType.Float).setCoercion(CoercionInputShape.String, CoercionAction.Fail);
        mapper.registerModule(new SimpleModule("finite-numbers")
                .addDeserializer(Double.class, new FiniteDouble(Double.class))
                .addDeserializer(Double.TYPE, new FiniteDouble(Double.TYPE)));
    }
}
