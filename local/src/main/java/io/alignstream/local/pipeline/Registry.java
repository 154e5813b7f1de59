package io.alignstream.local.pipeline;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.TrainingProgress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What the pipeline has delivered so far: the registry topics and the running times of the stages; not thread-safe. */
public final class Registry {

    /** The topics that make a registry. */
    public static final List<String> TOPICS = List.of(
            Topic.TOKENIZERS.name(),
            Topic.CHECKPOINTS.name(),
            Topic.MODEL_RELEASES.name(),
            Topic.TRAINING_PROGRESS.name());

    private final List<Entry<TrainedTokenizer>> tokenizers = new ArrayList<>();
    private final List<Entry<Checkpoint>> checkpoints = new ArrayList<>();
    private final List<Entry<ModelRelease>> releases = new ArrayList<>();
    private final Map<Stage, StageClock> clocks = new EnumMap<>(Stage.class);

    /** An event and when it was published, in milliseconds since the epoch. */
    public record Entry<T>(T event, long offset, long timestamp) {}

    /** Takes one record of {@link #TOPICS} into account. */
    public void take(ConsumerRecord<byte[], byte[]> record) {
        try {
            if (record.value() == null) {
                return;
            }
            if (record.topic().equals(Topic.TOKENIZERS.name())) {
                tokenizers.add(entry(Topic.TOKENIZERS.decode(record), record));
            } else if (record.topic().equals(Topic.CHECKPOINTS.name())) {
                checkpoints.add(entry(Topic.CHECKPOINTS.decode(record), record));
            } else if (record.topic().equals(Topic.MODEL_RELEASES.name())) {
                releases.add(entry(Topic.MODEL_RELEASES.decode(record), record));
            } else {
                TrainingProgress progress = Topic.TRAINING_PROGRESS.decode(record);
                clocks.computeIfAbsent(progress.stage(), stage -> new StageClock())
                        .tick(progress.run(), record.timestamp(), progress.metrics());
            }
        } catch (PoisonEventException e) {
            return; // the services put it into the dead letters
        }
    }

    private static <T> Entry<T> entry(T event, ConsumerRecord<byte[], byte[]> record) {
        return new Entry<>(event, record.offset(), record.timestamp());
    }

    public Optional<Entry<TrainedTokenizer>> newestTokenizer() {
        return tokenizers.isEmpty() ? Optional.empty() : Optional.of(tokenizers.getLast());
    }

    /** The newest checkpoint of {@code stage} that {@code fits}; what only fills blanks is no link of the chain. */
    public Optional<Entry<Checkpoint>> newestCheckpoint(Stage stage, Predicate<Entry<Checkpoint>> fits) {
        return checkpoints.stream()
                .filter(entry ->
                        entry.event().stage() == stage && !entry.event().masked() && fits.test(entry))
                .reduce((older, newer) -> newer);
    }

    /** The newest verdict on the checkpoint with this sha256. */
    public Optional<Entry<ModelRelease>> newestRelease(String sha256) {
        return releases.stream()
                .filter(entry -> entry.event().reference().sha256().equals(sha256))
                .reduce((older, newer) -> newer);
    }

    /** Offset of the newest artefact of {@code stage} in its topic, -1 if there is none. */
    public long newestOffset(Stage stage) {
        return stage == Stage.TOKENIZER
                ? newestTokenizer().map(Entry::offset).orElse(-1L)
                : newestCheckpoint(stage, any -> true).map(Entry::offset).orElse(-1L);
    }

    /** When the stages worked. */
    public StageClock clock(Stage stage) {
        return clocks.computeIfAbsent(stage, missing -> new StageClock());
    }
}
