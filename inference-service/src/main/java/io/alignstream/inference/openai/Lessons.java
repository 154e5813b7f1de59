package io.alignstream.inference.openai;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Topic;
import io.alignstream.inference.ClientMemory;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.feedback.Lesson;
import io.alignstream.inference.feedback.OneAtATime;
import io.alignstream.stageruntime.kafka.EventPublisher;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the last opinion on each recent response teaches; what an earlier one taught is withdrawn. Thread-safe; of the opinions on
 * answers to one conversation, which may teach the same, one at a time, so that it is clear which is the last. Others do not wait
 * for the broker to have it.
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

    private final OneAtATime conversations = new OneAtATime();

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
     * Publishes the lesson of an opinion of {@code client} on {@code responseId}, an answer to {@code conversation}; after an error
     * it may be taught again without harm.
     */
    public void teach(String client, String responseId, List<Message> conversation, Lesson lesson) {
        conversations.run(conversation, () -> teach(client, responseId, lesson));
    }

    private void teach(String client, String responseId, Lesson lesson) {
        Set<Taught> taught = Taught.by(lesson);
        // Noted first: one whose publishing fails may stand in the topic nevertheless.
        List<Taught> before = note(client, responseId, taught);
        lesson.publish(publisher);
        for (Taught earlier : before) {
            publisher.withdraw(earlier.topic(), earlier.key());
            forget(earlier);
        }
    }

    /** What was taught by earlier opinions on the response and is taught no more. */
    private synchronized List<Taught> note(String client, String responseId, Set<Taught> taught) {
        List<Taught> before = responses
                .keys(responseId)
                .filter(earlier -> !taught.contains(earlier))
                .toList();
        taught.forEach(one -> responses.put(client, one, responseId, 1));
        return before;
    }

    private synchronized void forget(Taught withdrawn) {
        responses.remove(withdrawn);
    }
}
