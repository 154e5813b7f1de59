package io.alignstream.local.pipeline;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Topic;
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
    public static PublishedInstructions read(String bootstrapServers) {
        return new PublishedInstructions(List.copyOf(
                TopicLog.newest(bootstrapServers, Topic.INSTRUCTIONS).values()));
    }
}
