package io.alignstream.local.pipeline;

import io.alignstream.contracts.Topic;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.training.retention.Registry;
import java.util.List;

/** What the registry topics lead to. */
public final class PublishedRegistry {

    private PublishedRegistry() {}

    /** Reads the topics up to their present ends. */
    public static Registry read(KafkaConnection connection) {
        return new Registry(
                List.copyOf(TopicLog.newest(connection, Topic.CHECKPOINTS).values()),
                List.copyOf(TopicLog.newest(connection, Topic.MODEL_RELEASES).values()));
    }
}
