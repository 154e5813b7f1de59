package io.alignstream.inference.feedback;

import io.alignstream.contracts.Feedback;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * How people liked the answers of each model, as far as the topic goes back; thread-safe.
 *
 * <p>Of several opinions on one response the last one counts. The newest {@value #REMEMBERED} responses are remembered.
 */
@ApplicationScoped
public class FeedbackTally implements Subscriptions.EventHandler<Feedback> {

    /** Responses that are remembered. */
    public static final int REMEMBERED = 100_000;

    private final SequencedMap<String, Opinion> opinions = new LinkedHashMap<>();
    private final Map<String, Thumbs> thumbs = new LinkedHashMap<>();

    private record Opinion(String model, Feedback.Thumb thumb) {}

    /** Numbers of responses. */
    public record Thumbs(int up, int down) {

        public static final Thumbs NONE = new Thumbs(0, 0);

        private Thumbs plus(Feedback.Thumb thumb, int count) {
            return thumb == Feedback.Thumb.UP ? new Thumbs(up + count, down) : new Thumbs(up, down + count);
        }
    }

    @Override
    public synchronized void handle(Feedback feedback, Origin origin) {
        withdrawn(feedback.responseId());
        Opinion opinion = new Opinion(feedback.model(), feedback.thumb());
        opinions.putLast(feedback.responseId(), opinion);
        thumbs.merge(opinion.model(), Thumbs.NONE.plus(opinion.thumb(), 1), (old, one) -> old.plus(opinion.thumb(), 1));
        if (opinions.size() > REMEMBERED) {
            withdrawn(opinions.firstEntry().getKey());
        }
    }

    @Override
    public synchronized void withdrawn(String responseId) {
        Opinion old = opinions.remove(responseId);
        if (old != null) {
            thumbs.computeIfPresent(old.model(), (model, count) -> {
                Thumbs left = count.plus(old.thumb(), -1);
                return left.equals(Thumbs.NONE) ? null : left;
            });
        }
    }

    /** What people said of the model with this sha256. */
    public synchronized Thumbs of(String model) {
        return thumbs.getOrDefault(model, Thumbs.NONE);
    }
}
