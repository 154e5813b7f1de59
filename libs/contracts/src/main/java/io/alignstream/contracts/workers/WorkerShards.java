package io.alignstream.contracts.workers;

import io.alignstream.contracts.Stage;

/**
 * A topic that never has a record: its partitions are what the workers of a run lease of each other, through a consumer
 * group. Kafka's own tools show who has which.
 */
public final class WorkerShards {

    /** Name of the topic. */
    public static final String TOPIC = "worker-shards";

    /** Partitions of the topic, and the most shards that a run may have. */
    public static final int PARTITIONS = 64;

    private WorkerShards() {}

    /** What the groups of a stage's runs begin with. */
    public static String groups(Stage stage) {
        return "alignstream-" + stage.id() + "-workers-";
    }

    /** The group of the workers of a run: all that would work on a run on the same parents and settings meet in it. */
    public static String group(Stage stage, String family) {
        return groups(stage) + family;
    }
}
