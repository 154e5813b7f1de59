package io.alignstream.training;

import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a run has done about failures so far; immutable, part of every checkpoint.
 *
 * <p>A failure that is new sends the run back to its last checkpoint and leaves out the window of data at which it
 * failed. One that comes back soon after, or that no data can be blamed for, lowers the learning rate, and goes back one
 * checkpoint more the second time; where nothing was learned at all the run starts again. After so many recoveries as are configured the run gives up.
 *
 * @param learningRateScale multiplies the learning rate
 * @param events oldest first
 * @param skipped first sequences of the windows that are left out, counted from the run's first pass
 */
public record Recovery(double learningRateScale, List<HealingEvent> events, List<Long> skipped) {

    /** Nothing failed yet. */
    public static final Recovery NONE = new Recovery(1, List.of(), List.of());

    /** Where training goes on. */
    enum Place {
        LAST_ANCHOR,
        ANCHOR_BEFORE,
        START
    }

    /** What to do about a failure. */
    record Decision(Recovery recovery, Place place) {}

    public Recovery {
        events = List.copyOf(events);
        skipped = List.copyOf(skipped);
    }

    /** How often the run has gone back. */
    public int count() {
        return events.size();
    }

    /**
     * Decides.
     *
     * @param step that failed, from 1
     * @param soon steps in which a failure after another one is the same failure
     * @param anchors steps of the checkpoints that the run can go back to, oldest first
     * @throws TrainingFailedException if the run has recovered too often
     */
    Decision decide(Trainer.Healing healing, Trouble trouble, long step, long soon, List<Long> anchors) {
        if (events.size() >= healing.recoveries()) {
            throw new TrainingFailedException(givingUp(trouble, step));
        }
        boolean again = !events.isEmpty() && step <= events.getLast().step() + soon;
        Optional<Trouble.Window> skip = again ? Optional.empty() : trouble.suspect();
        boolean further = skip.isEmpty() && again && events.getLast().skipped() == 0 && anchors.size() > 1;
        Place place = trouble.fromStart() || anchors.isEmpty()
                ? Place.START
                : further ? Place.ANCHOR_BEFORE : Place.LAST_ANCHOR;
        double scale = skip.isPresent() ? learningRateScale : learningRateScale * healing.learningRateFactor();
        long backTo =
                switch (place) {
                    case START -> 0;
                    case ANCHOR_BEFORE -> anchors.getFirst();
                    case LAST_ANCHOR -> anchors.getLast();
                };
        List<HealingEvent> more = new ArrayList<>(events);
        more.add(new HealingEvent(
                step, trouble.why(), backTo, skip.map(Trouble.Window::size).orElse(0), scale));
        List<Long> windows = new ArrayList<>(skipped);
        skip.ifPresent(window -> windows.add(window.first()));
        return new Decision(new Recovery(scale, more, windows), place);
    }

    private Reason givingUp(Trouble trouble, long step) {
        Reason failed = events.isEmpty()
                ? Reason.of("training.failed")
                : Reason.of("training.gaveUp")
                        .with("times", events.size())
                        .with("last", events.getLast().reason());
        return failed.with("step", step).with("problem", trouble.why());
    }
}
