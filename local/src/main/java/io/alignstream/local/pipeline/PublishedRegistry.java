package io.alignstream.local.pipeline;

import io.alignstream.contracts.Topic;
import io.alignstream.training.retention.Registry;
import java.util.List;

/** What the registry topics lead to. */
public final class PublishedRegistry {

    private PublishedRegistry() {}

    /** Reads the topics up to their present ends. */
    public static Registry read(String bootstrapServers) {
        return new Registry(
                List.copyOf(TopicLog.newest(bootstrapServers, Topic.CHECKPOINTS).values()),
                List.copyOf(
                        TopicLog.newest(bootstrapServers, Topic.MODEL_RELEASES).values()));
    }
}
