package io.alignstream.inference.openai;

import io.alignstream.contracts.Topic;
import io.alignstream.inference.ClientMemory;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.feedback.Lesson;
import io.alignstream.stageruntime.kafka.EventPublisher;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the last opinion on each recent response teaches; what an earlier one taught is withdrawn. Thread-safe; one opinion
 * at a time, so that it is clear which is the last.
 *
 * <p>Remembered as long as feedback is possible. A prompt stays: who asks people to rank other answers has said nothing that
 * could be taken back, and other users may have asked for the same. So does a request without its ranking.
 */
@ApplicationScoped
public class Lessons {

    /** An instruction and a ranking. */
    private static final int MOST_OF_A_RESPONSE = 2;

    private final EventPublisher publisher;
    /** The response on which an opinion was that taught this. */
    private final ClientMemory<Taught, String> responses;

    Lessons(InferenceConfig config, EventPublisher publisher) {
        int most = Math.multiplyExact(config.rememberedResponses(), MOST_OF_A_RESPONSE);
        this.responses = new ClientMemory<>(most, most);
        this.publisher = publisher;
    }

    private record Taught(Topic<?> topic, String key) {

        static Set<Taught> by(Lesson lesson) {
            Set<Taught> taught = new LinkedHashSet<>();
            if (lesson.ranked() != null) {
                taught.add(new Taught(
                        Topic.RANKINGS, Topic.RANKINGS.key(lesson.ranked().ranking())));
            }
            if (lesson.instruction() != null) {
                taught.add(new Taught(Topic.INSTRUCTIONS, Topic.INSTRUCTIONS.key(lesson.instruction())));
            }
            return taught;
        }
    }

    /**
     * Publishes the lesson of an opinion of {@code client} on {@code responseId}; after an error it may be taught again without
     * harm.
     */
    public synchronized void teach(String client, String responseId, Lesson lesson) {
        Set<Taught> taught = Taught.by(lesson);
        List<Taught> before = responses
                .keys(responseId)
                .filter(earlier -> !taught.contains(earlier))
                .toList();
        // Noted first: one whose publishing fails may stand in the topic nevertheless.
        taught.forEach(one -> responses.put(client, one, responseId, 1));
        lesson.publish(publisher);
        for (Taught earlier : before) {
            publisher.withdraw(earlier.topic(), earlier.key());
            responses.remove(earlier);
        }
    }
}
