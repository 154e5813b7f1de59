package io.alignstream.rlhf;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.JobContext;
import java.util.Collection;
import java.util.Optional;

/** What a parent was trained on, as its manifest has it. */
final class TrainedOn {

    private TrainedOn() {}

    /**
     * The newest events of {@code topic} that {@code parent} has seen.
     *
     * @throws InvalidInputException if its manifest names no such dataset
     */
    static <T> Collection<T> newest(JobContext context, Topic<T> topic, Manifest parent) {
        DatasetSnapshot snapshot = snapshot(topic, parent)
                .orElseThrow(() ->
                        new InvalidInputException(Reason.of("rlhf.noDataset").with("topic", topic.name())));
        return context.readNewest(topic, snapshot).values();
    }

    /** Which events of {@code topic} those are. */
    static Optional<DatasetSnapshot> snapshot(Topic<?> topic, Manifest parent) {
        return parent.datasets().stream()
                .filter(dataset -> dataset.topic().equals(topic.name()))
                .findFirst();
    }
}
