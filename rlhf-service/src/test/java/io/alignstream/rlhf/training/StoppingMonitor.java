package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.messages.Messages;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Monitor;
import java.util.Map;

/** Stops a run after some steps; fails if the run has to heal. */
final class StoppingMonitor implements Monitor {

    private long left;

    StoppingMonitor(long steps) {
        this.left = steps;
    }

    @Override
    public boolean stopRequested() {
        return left-- == 0;
    }

    @Override
    public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
        assertThat(phase).isIn("ppo", "grpo", "dpo", "gate");
    }

    @Override
    public void healed(HealingEvent event) {
        throw new AssertionError(Messages.english(event.reason()));
    }
}
