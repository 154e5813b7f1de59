package io.alignstream.local.pipeline;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.service.JobStatus;
import io.alignstream.local.service.RunningInstances;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Follows one pass through the pipeline until the last stage has delivered; for use by one thread.
 *
 * <p>Stages set each other off by their events. A stage that could run (its parents are there) but waits, for a
 * threshold or for a person, is triggered. A stage that still waits long after that has nothing to do if it has an older
 * artefact; if it has none, the pass fails with the stage's own reason.
 */
public final class PipelineFollower {

    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration TRIGGER_AFTER = Duration.ofSeconds(10);
    private static final Duration SETTLED_AFTER = Duration.ofSeconds(60);
    private static final Duration STUCK_AFTER = Duration.ofMinutes(5);

    private final Site site;
    private final TopicLog log;
    private final Registry registry;
    private final Map<Stage, Long> stale;
    private final Runnable requireAlive;
    private final ProgressDisplay display;
    private final RunningInstances instances;
    private final Map<Stage, Long> idleSince = new EnumMap<>(Stage.class);
    private final Map<Stage, Long> triggeredAt = new EnumMap<>(Stage.class);

    /**
     * A follower of the services of {@code site}.
     *
     * @param log of {@link Registry#TOPICS}, read as far as {@code registry} knows
     * @param stale see {@link Inputs#stale}
     * @param requireAlive fails if a process has ended
     */
    public PipelineFollower(
            Site site,
            TopicLog log,
            Registry registry,
            Map<Stage, Long> stale,
            Runnable requireAlive,
            Console console) {
        this.site = site;
        this.log = log;
        this.registry = registry;
        this.stale = new EnumMap<>(stale);
        this.requireAlive = requireAlive;
        this.display = new ProgressDisplay(console);
        this.instances = new RunningInstances(site);
    }

    /**
     * Returns when all stages up to {@code last} have delivered on each other.
     *
     * @throws LaunchException if a stage failed, is stuck or its process ended, or if the gate turned the model down
     */
    public Chain follow(Stage last) {
        while (true) {
            requireAlive.run();
            log.readToEnd(registry::take);
            Chain chain = Chain.of(registry, stale);
            List<StageView> views = views(chain, last);
            display.show(views);
            if (views.stream().allMatch(StageView::done)) {
                return chain;
            }
            requireNotRefused(chain);
            views.stream().filter(view -> !view.done()).findFirst().ifPresent(this::push);
            views.forEach(this::requireNotFailed);
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private List<StageView> views(Chain chain, Stage last) {
        List<StageView> views = new ArrayList<>();
        for (Stage stage : Stage.values()) {
            if (stage.compareTo(last) <= 0) {
                Optional<JobStatus> job = instances.job(stage);
                boolean done = stage == Stage.INFERENCE
                        ? chain.approved().map(this::isServed).orElse(false)
                        : chain.reference(stage).isPresent();
                views.add(new StageView(stage, done, job, instances.of(stage).size()));
            }
        }
        return views;
    }

    private boolean isServed(ModelRelease release) {
        try {
            return new ChatClient(site.address(Stage.INFERENCE))
                    .served().stream().anyMatch(model -> model.sha256()
                            .equals(release.reference().sha256()));
        } catch (LaunchException e) {
            return false; // busy or restarting: asked again soon
        }
    }

    private void requireNotRefused(Chain chain) {
        chain.notPromoted().ifPresent(reward -> {
            throw new LaunchException("The reward model of run " + reward.run() + " is not promoted: "
                    + Messages.english(
                            Objects.requireNonNull(reward.promotion()).reason())
                    + " To build on it all the same, POST /promotions/" + reward.run() + " at "
                    + site.address(Stage.REWARD) + ", and start again.");
        });
        chain.refused().ifPresent(release -> {
            throw new LaunchException("The aligned model of run " + release.run() + " is "
                    + release.verdict().id() + " (" + release.reason() + "); figures: "
                    + new TreeMap<>(release.figures())
                    + ". To serve it all the same: ./alignstream release approve.");
        });
    }

    private void requireNotFailed(StageView view) {
        Stage stage = view.stage();
        view.job().filter(job -> job.isFailed() && !view.done()).ifPresent(job -> {
            throw new LaunchException(stage.service() + " has failed: " + job.explanation()
                    + ". See ./alignstream logs " + stage.id() + "; trigger it on its page, " + site.address(stage));
        });
        view.job().filter(job -> job.isHeld() && !view.done()).ifPresent(job -> {
            throw new LaunchException(
                    stage.service() + " does not go on: " + job.explanation() + ". Its page is " + site.address(stage));
        });
    }

    /** Sees to it that the first stage that has not delivered works. */
    private void push(StageView view) {
        Stage stage = view.stage();
        boolean waiting = view.job().map(job -> job.isWaiting()).orElse(false);
        long now = System.nanoTime();
        if (!waiting) {
            idleSince.remove(stage);
            return;
        }
        Duration idle = Duration.ofNanos(now - idleSince.computeIfAbsent(stage, first -> now));
        Duration patience = stage == Stage.TOKENIZER ? Duration.ZERO : TRIGGER_AFTER;
        if (!triggeredAt.containsKey(stage) && idle.compareTo(patience) >= 0) {
            triggeredAt.put(stage, now);
            new ServiceClient(site.address(stage)).trigger();
        } else if (idle.compareTo(SETTLED_AFTER) > 0 && stale.getOrDefault(stage, -1L) >= 0) {
            stale.put(stage, -1L); // its service sees nothing new in the new inputs
        } else if (idle.compareTo(STUCK_AFTER) > 0) {
            throw new LaunchException(stage.service() + " does nothing for " + idle.toMinutes() + " minutes; it says: "
                    + view.job().map(JobStatus::explanation).orElse("nothing") + ". See ./alignstream logs "
                    + stage.id());
        }
    }
}
