package io.alignstream.stageruntime.json;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;

/** Bounds the JSON of request bodies while it is read: a few bytes make an object that takes a hundred. */
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
    }
}
