package io.alignstream.stageruntime.view;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;

/**
 * Says that a topic is not the one that was read any more: it was deleted and made anew, or has lost its end. What the
 * view holds of it stands nowhere now, and its offsets mean other records, so nothing goes on but a fresh start, which
 * reads what there is from the beginning.
 */
public final class TopicMadeAnewException extends RuntimeException implements Explained {

    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    /** Says so of {@code topic}. */
    public TopicMadeAnewException(String topic) {
        this(Reason.of("stage.topicMadeAnew").with("topic", topic));
    }

    private TopicMadeAnewException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    @Override
    public Reason reason() {
        return reason;
    }
}
