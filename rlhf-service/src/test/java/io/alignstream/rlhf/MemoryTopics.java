package io.alignstream.rlhf;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.view.RecordOrigin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Topics of one partition in memory, read to their end by whoever follows them. */
public final class MemoryTopics implements View, JobContext, Subscriptions {

    private final Map<Topic<?>, List<Object>> logs = new HashMap<>();
    private final Map<Topic<?>, EventHandler<?>> handlers = new HashMap<>();
    int prompts = 12;
    /** Takes nothing more in. */
    @Nullable
    Topic<?> full;

    private String run = "";
    private boolean stopped;

    public <T> List<T> log(Topic<T> topic) {
        return logs.getOrDefault(topic, List.of()).stream()
                .map(topic.eventClass()::cast)
                .toList();
    }

    @Override
    public <T> void publish(Topic<T> topic, T event) {
        if (topic == full) {
            throw new IllegalStateException(topic.name() + " is full");
        }
        List<Object> log = logs.computeIfAbsent(topic, any -> new ArrayList<>());
        log.add(event);
        hand(topic, event, log.size() - 1);
    }

    @SuppressWarnings("unchecked") // the map holds an EventHandler<T> for each Topic<T>
    private <T> void hand(Topic<T> topic, T event, long offset) {
        EventHandler<T> handler = (EventHandler<T>) handlers.get(topic);
        try {
            if (handler != null) {
                handler.handle(event, origin(topic, topic.key(event), offset));
            }
        } catch (PoisonEventException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Origin origin(Topic<?> topic, String key, long offset) {
        return new RecordOrigin(new ConsumerRecord<>(topic.name(), 0, offset, key.getBytes(UTF_8), new byte[0]));
    }

    @Override
    public <T> void follow(Topic<T> topic, EventHandler<T> handler) {
        handlers.put(topic, handler);
        List<T> log = log(topic);
        for (int offset = 0; offset < log.size(); offset++) {
            hand(topic, log.get(offset), offset);
        }
    }

    @Override
    public <T> void followAfter(Topic<?> earlier, Topic<T> topic, EventHandler<T> handler) {
        follow(topic, handler);
    }

    @Override
    public <T> void followNewest(Topic<T> topic, int most, EventHandler<T> handler) {
        follow(topic, handler);
    }

    @Override
    public void ask(Question<?> question) {}

    @Override
    public <T> T answer(Question<T> question) {
        try {
            return question.ask();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public <T> List<T> newestByKey(Topic<T> topic) {
        SequencedMap<String, T> newest = new LinkedHashMap<>();
        log(topic).forEach(event -> newest.putLast(topic.key(event), event));
        return List.copyOf(newest.values());
    }

    @Override
    public DatasetSnapshot snapshot(Topic<?> topic) {
        return new DatasetSnapshot(topic.name(), List.of(new PartitionRange(0, 0, prompts)));
    }

    @Override
    public long count(Topic<?> topic) {
        return prompts;
    }

    @Override
    public Duration quietFor(Topic<?> topic) {
        return Duration.ofDays(1);
    }

    @Override
    public <T> Stream<Entry<T>> read(Topic<T> topic, DatasetSnapshot snapshot) {
        return TinyParents.prompts(prompts).stream()
                .map(prompt -> new Entry<>(topic.eventClass().cast(prompt), origin(topic, prompt.id(), 0)));
    }

    /** Runs what was decided, as a stage's runtime does. */
    void run(Decision decision) throws Exception {
        if (!(decision instanceof Decision.Run due)) {
            throw new IllegalArgumentException("no run but " + decision);
        }
        run = due.job().run();
        stopped = false;
        due.job().execute(this);
    }

    @Override
    public boolean stopRequested() {
        return stopped;
    }

    @Override
    public void stop() {
        stopped = true;
    }

    @Override
    public void progress(String phase, long step, long totalSteps, Map<String, Double> metrics) {
        publish(Topic.TRAINING_PROGRESS, new TrainingProgress(Stage.RLHF, run, phase, step, totalSteps, 0, metrics));
    }

    @Override
    public void healed(Reason what) {}
}
