package io.alignstream.stageruntime.view;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Knows the followed topics by the ids that the brokers give them: one that is deleted and made anew has the same name
 * and, soon, the same offsets. For the reader's thread.
 */
final class TopicIdentities {

    private static final int TIMEOUT_SECONDS = 10;

    private final Admin admin;
    private final Map<String, Uuid> known = new HashMap<>();

    /** Asks through {@code admin}, which stays the caller's. */
    TopicIdentities(Admin admin) {
        this.admin = admin;
    }

    /**
     * Asks the broker for {@code topics}; those that do not exist are left out.
     *
     * @throws TopicMadeAnewException if one of them is another than before
     * @throws KafkaException if the broker does not answer
     */
    void check(Collection<String> topics) {
        admin.describeTopics(topics).topicNameValues().forEach((topic, described) -> {
            Uuid id = id(described.thenApply(description -> description.topicId()));
            Uuid before = known.putIfAbsent(topic, id);
            if (before != null && !id.equals(Uuid.ZERO_UUID) && !before.equals(id)) {
                throw new TopicMadeAnewException(topic);
            }
            known.remove(topic, Uuid.ZERO_UUID);
        });
    }

    /** The id that {@code topic} had when it was checked last; empty if it did not exist. */
    String id(String topic) {
        Uuid id = known.get(topic);
        return id == null ? "" : id.toString();
    }

    /** The id of a topic, zero if there is none. */
    private static Uuid id(KafkaFuture<Uuid> described) {
        try {
            return described.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return Uuid.ZERO_UUID;
            }
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new TimeoutException("no answer within " + TIMEOUT_SECONDS + " s", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
