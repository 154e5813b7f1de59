package io.alignstream.stageruntime;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.incident.Incident;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.samples.Sample;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.workers.Membership;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The running job's door to the outside; for use by the job's thread. */
public interface JobContext {

    /** Whether to finish the current step, write a checkpoint and return: SIGTERM, pause, cancel or {@link #stop}. */
    boolean stopRequested();

    /** The job itself wants to stop, unfinished, as if it had been asked to: {@link #stopRequested} is true from now on. */
    void stop();

    /**
     * Reports where the job stands: feeds the dashboard's charts, the metrics and {@code training-progress}. Cheap
     * enough to call after every step; what travels is thinned out, the last step of a phase always goes.
     *
     * @param phase what is being done, for example {@code train} or {@code sample}
     */
    void progress(String phase, long step, long totalSteps, Map<String, Double> metrics);

    /** Shows here where the job stands, which another worker of its run reports. */
    default void followed(String phase, long step, long totalSteps, Map<String, Double> metrics) {}

    /** Says what was kept of the step that is reported next; the reference travels with its progress. */
    default void recorded(Reference record) {}

    /** Says that a training step begins: one that takes far too long ends the service's being alive. */
    default void stepBegins() {}

    /** Says that it has come to its end. */
    default void stepEnds() {}

    /** Says that a checkpoint of {@code bytes} was written, which took {@code seconds}. */
    default void saved(double seconds, long bytes) {}

    /** How much a model that the job trains writes for people to see. */
    default SampleSettings samples() {
        return SampleSettings.NONE;
    }

    /** Says what it writes now; what it has written at this step or a later one does not count any more. */
    default void sampled(Sample sample) {}

    /** Says what memory the job needs, before it starts. */
    default void planned(MemoryPlan memory) {}

    /** Reports a failure that the job goes on after: what was wrong and what was done; it stands in the job's status. */
    void healed(Reason what);

    /** Reports that workers have come or gone; it stands in the job's status, as one that went is a failure that the job goes on after. */
    default void workersChanged(Reason what) {}

    /**
     * Reports that two workers have come to different bits from the same: it stands in the job's status, and is published in the
     * background, since training goes on where the brokers are away.
     */
    default void incident(Incident what) {}

    /** Share of the steps in which workers compute a shard of another one, too, and compare. */
    default double auditShare() {
        return 0;
    }

    /** Why the job's run was begun, by this process or an earlier one; empty where nobody remembers. */
    default Optional<Reason> cause() {
        return Optional.empty();
    }

    /** Publishes an event and returns when all in-sync replicas have it. */
    <T> void publish(Topic<T> topic, T event);

    /** Where the other workers of a run reach this process: what its servers are to be bound to. */
    default InetAddress workerAddress() {
        return InetAddress.getLoopbackAddress();
    }

    /** How many processes are workers of {@code run}, or of another of its family, just now. */
    default int workers(TrainingRun run) {
        return 0;
    }

    /**
     * Makes this process one of the workers of {@code run}; returns at once. Close it.
     *
     * @param shards that the run is cut into
     * @param rendezvous where this process' rendezvous server listens
     * @param fingerprint what the bits of its results depend on
     */
    default Membership membership(
            TrainingRun run, int shards, InetSocketAddress rendezvous, Map<String, String> fingerprint) {
        throw new UnsupportedOperationException("run " + run.id() + " has one worker here");
    }

    /**
     * Reads a snapshot by assign and seek, partition by partition in offset order. Records that do not decode are left
     * out (they stand in the dead letters); what an event handler refuses is not known here. Close the stream.
     *
     * @throws InvalidInputException if the topic no longer holds all of the snapshot, on opening or while reading, or, at the
     *     end, if it holds other records at its offsets
     */
    <T> Stream<Entry<T>> read(Topic<T> topic, DatasetSnapshot snapshot);

    /**
     * Reads a snapshot to see that its records are still those that it was made of.
     *
     * @throws InvalidInputException if they are not
     */
    default void verify(DatasetSnapshot snapshot) {
        Topic.ALL.stream()
                .filter(topic -> topic.name().equals(snapshot.topic()))
                .findFirst()
                .ifPresent(topic -> {
                    try (Stream<? extends Entry<?>> entries = read(topic, snapshot)) {
                        entries.forEach(entry -> {});
                    }
                });
    }

    /**
     * What a snapshot comes to: the newest event of each key that is not withdrawn, in the order of the keys' first
     * appearance.
     */
    default <T> SequencedMap<String, T> readNewest(Topic<T> topic, DatasetSnapshot snapshot) {
        SequencedMap<String, T> newest = new LinkedHashMap<>();
        try (Stream<Entry<T>> entries = read(topic, snapshot)) {
            entries.forEach(entry -> {
                T event = entry.event();
                if (event != null) {
                    newest.put(topic.key(event), event);
                } else {
                    entry.origin().key().ifPresent(newest::remove);
                }
            });
        }
        return newest;
    }

    /** An event with its origin; without an event it is a tombstone, which withdraws the earlier events of its key. */
    record Entry<T>(@Nullable T event, Origin origin) {}
}
