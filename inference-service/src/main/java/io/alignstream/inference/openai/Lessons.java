package io.alignstream.inference.openai;

import io.alignstream.contracts.Topic;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.feedback.Lesson;
import io.alignstream.stageruntime.kafka.EventPublisher;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
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
    private final int most;
    /** The response on which an opinion was that taught this. */
    private final SequencedMap<Taught, String> responses = new LinkedHashMap<>();

    Lessons(InferenceConfig config, EventPublisher publisher) {
        this.most = Math.multiplyExact(config.rememberedResponses(), MOST_OF_A_RESPONSE);
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

    /** Publishes the lesson of an opinion on {@code responseId}; after an error it may be taught again without harm. */
    public synchronized void teach(String responseId, Lesson lesson) {
        Set<Taught> taught = Taught.by(lesson);
        List<Taught> before = responses.entrySet().stream()
                .filter(entry -> entry.getValue().equals(responseId))
                .map(Map.Entry::getKey)
                .filter(earlier -> !taught.contains(earlier))
                .toList();
        // Noted first: one whose publishing fails may stand in the topic nevertheless.
        taught.forEach(one -> responses.putLast(one, responseId));
        while (responses.size() > most) {
            responses.pollFirstEntry();
        }
        lesson.publish(publisher);
        for (Taught earlier : before) {
            publisher.withdraw(earlier.topic(), earlier.key());
            responses.remove(earlier);
        }
    }
}
