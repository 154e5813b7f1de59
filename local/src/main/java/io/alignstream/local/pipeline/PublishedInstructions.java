package io.alignstream.local.pipeline;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Topic;
import io.alignstream.local.site.KafkaConnection;
import java.util.List;

/**
 * The instructions that are on the topic: the newest of each id, withdrawn ones left out, in the order in which they were
 * given.
 */
public record PublishedInstructions(List<Instruction> instructions) {

    public PublishedInstructions {
        instructions = List.copyOf(instructions);
    }

    /** Reads the topic up to its present end. Poison events are nobody's instructions. */
    public static PublishedInstructions read(KafkaConnection connection) {
        return new PublishedInstructions(
                List.copyOf(TopicLog.newest(connection, Topic.INSTRUCTIONS).values()));
    }
}
