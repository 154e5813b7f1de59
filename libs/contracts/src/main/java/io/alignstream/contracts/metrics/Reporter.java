package io.alignstream.contracts.metrics;

import io.alignstream.contracts.Stage;
import java.util.EnumSet;
import java.util.Set;

/** Which services tell a metric. */
public enum Reporter {
    EVERY_SERVICE("Every service", EnumSet.allOf(Stage.class)),
    TRAINERS(
            "Services that train: pretrain, sft, reward, rlhf",
            EnumSet.of(Stage.PRETRAIN, Stage.SFT, Stage.REWARD, Stage.RLHF)),
    TOKENIZER("tokenizer-service", EnumSet.of(Stage.TOKENIZER)),
    INFERENCE("inference-service", EnumSet.of(Stage.INFERENCE));

    private final String title;
    private final EnumSet<Stage> stages;

    Reporter(String title, EnumSet<Stage> stages) {
        this.title = title;
        this.stages = stages;
    }

    /** What people read. */
    public String title() {
        return title;
    }

    /** The stages of the services. */
    public Set<Stage> stages() {
        return EnumSet.copyOf(stages);
    }
}
