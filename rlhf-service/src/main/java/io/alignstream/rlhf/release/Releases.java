package io.alignstream.rlhf.release;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The newest verdict on each candidate, as the topic {@code model-releases} holds it; thread-safe.
 *
 * <p>Filled by the topic's handler, read by the job that would announce a verdict and by people who decide.
 */
@ApplicationScoped
public class Releases implements Subscriptions.EventHandler<ModelRelease> {

    private final Map<String, Entry> byRecordKey = new HashMap<>();

    /**
     * A release and where it stands in the topic, which has one partition.
     *
     * @param recordKey the record's key; before there was a release record for each candidate, the model's name
     */
    record Entry(ModelRelease release, String recordKey, long offset) {

        /** Names the release among all: {@code model/run}. */
        String key() {
            return Topic.MODEL_RELEASES.key(release);
        }
    }

    @Override
    public void handle(ModelRelease release, Origin origin) {
        put(new Entry(release, origin.key().orElse(""), origin.offset()));
    }

    @Override
    public synchronized void withdrawn(String recordKey) {
        byRecordKey.remove(recordKey);
    }

    /** Takes in a verdict, of which the topic's reader may not know yet. */
    synchronized void put(Entry entry) {
        byRecordKey.merge(entry.recordKey(), entry, (known, other) -> other.offset() >= known.offset() ? other : known);
    }

    /** All of them, the newest first. */
    synchronized List<Entry> newestFirst() {
        return byRecordKey.values().stream()
                .sorted(Comparator.comparingLong(Entry::offset).reversed())
                .toList();
    }

    /** The release called {@code key}, {@code model/run}. */
    Optional<Entry> find(String key) {
        return newestFirst().stream().filter(entry -> entry.key().equals(key)).findFirst();
    }

    /** The newest verdict on the candidate that {@code run} made for {@code model}; empty if nobody has decided. */
    public Optional<ModelRelease.Verdict> verdict(String model, String run) {
        return newestFirst().stream()
                .map(Entry::release)
                .filter(release ->
                        release.model().equals(model) && release.run().equals(run))
                .map(ModelRelease::verdict)
                .findFirst();
    }
}
