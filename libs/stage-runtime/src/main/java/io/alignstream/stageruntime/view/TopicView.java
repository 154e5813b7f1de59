package io.alignstream.stageruntime.view;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.tracing.CausingEvents;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** The followed topics by name, in the order in which they were followed; for the reader's thread. */
public final class TopicView implements View, Subscriptions {

    private final SequencedMap<String, FollowedTopic<?>> topics = new LinkedHashMap<>();
    private final Answers answers;
    private final CausingEvents causing = new CausingEvents();

    /** A view whose questions {@code answers} asks. */
    public TopicView(Answers answers) {
        this.answers = answers;
    }

    @Override
    public void ask(Question<?> question) {
        answers.add(question);
    }

    @Override
    public <T> T answer(Question<T> question) {
        return answers.to(question);
    }

    @Override
    public <T> void follow(Topic<T> topic) {
        follow(topic, new Unhandled<>());
    }

    @Override
    public <T> void follow(Topic<T> topic, EventHandler<T> handler) {
        add(topic, handler, null, FollowedTopic.WHOLE);
    }

    @Override
    public <T> void followNewest(Topic<T> topic, int most, EventHandler<T> handler) {
        add(topic, handler, null, most);
    }

    @Override
    public <T> void followAfter(Topic<?> earlier, Topic<T> topic, EventHandler<T> handler) {
        if (!topics.containsKey(earlier.name())) {
            throw new IllegalStateException(topic + " is followed after " + earlier + ": follow " + earlier + " first");
        }
        add(topic, handler, earlier, FollowedTopic.WHOLE);
    }

    private <T> void add(Topic<T> topic, EventHandler<T> handler, @Nullable Topic<?> earlier, int most) {
        if (topics.putIfAbsent(topic.name(), new FollowedTopic<>(topic, handler, earlier, most)) != null) {
            throw new IllegalStateException(topic + " is followed twice; follow it once with one handler");
        }
    }

    /** What may have caused the next run. */
    public CausingEvents causing() {
        return causing;
    }

    /** All followed topics; a topic stands after those that it refers to. */
    Collection<FollowedTopic<?>> followed() {
        return Collections.unmodifiableCollection(topics.values());
    }

    public boolean follows(Topic<?> topic) {
        return topics.containsKey(topic.name());
    }

    FollowedTopic<?> followed(String name) {
        FollowedTopic<?> topic = topics.get(name);
        if (topic == null) {
            throw new IllegalArgumentException(
                    "the stage does not follow " + name + " but " + topics.keySet() + "; follow it in subscribe()");
        }
        return topic;
    }

    @Override
    @SuppressWarnings("unchecked") // the map holds a FollowedTopic<T> under the name of each Topic<T>
    public <T> List<T> newestByKey(Topic<T> topic) {
        return ((FollowedTopic<T>) followed(topic.name())).newestByKey();
    }

    @Override
    public DatasetSnapshot snapshot(Topic<?> topic) {
        return followed(topic.name()).snapshot();
    }

    @Override
    public long count(Topic<?> topic) {
        return followed(topic.name()).count();
    }

    @Override
    public Duration quietFor(Topic<?> topic) {
        return Duration.ofNanos(followed(topic.name()).quietNanos());
    }

    /** Who looks at no event has no state, which is kept easily. */
    private static final class Unhandled<T> implements KeptHandler<T> {

        @Override
        public void handle(T event, Origin origin) {
            // What the topic itself knows is enough.
        }

        @Override
        public int version() {
            return 1;
        }
    }
}
