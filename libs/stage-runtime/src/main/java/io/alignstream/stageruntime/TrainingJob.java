package io.alignstream.stageruntime;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.incident.Incident;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.checkpoint.NativeMemory;
import io.alignstream.languagemodel.collective.CollectiveLibrary;
import io.alignstream.languagemodel.collective.RendezvousServer;
import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.dataset.SetAside;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.samples.Sample;
import io.alignstream.training.workers.Disagreement;
import io.alignstream.training.workers.Member;
import io.alignstream.training.workers.TransferFolder;
import io.alignstream.training.workers.WorkerGroup;
import io.alignstream.training.workers.WorkerRefusedException;
import io.alignstream.training.workers.Workers;
import io.alignstream.training.workers.WorkersChangedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A training run of any stage: plans it, fetches its frozen inputs, lets the {@link Trainer} begin or resume it, publishes the
 * finished model.
 *
 * <p>A stage's own job says what the run is called, where its inputs come from and what is published besides.
 */
public abstract class TrainingJob implements Job {

    private static final Logger LOG = Logger.getLogger(TrainingJob.class);

    private final TrainingRun run;
    private final Trainer.Settings settings;
    private final SetAside setAside;

    /** The job of {@code run}, begun or not. */
    protected TrainingJob(TrainingRun run, Trainer.Settings settings) {
        this.run = run;
        this.settings = settings;
        this.setAside = new SetAside(run.stage(), settings.mostSetAside());
    }

    /**
     * Reads what is to be learned, tells {@link #setAside} what can be and what not, and reckons what the run will need, without
     * weights; may take a while, ends early when the job is asked to stop.
     */
    protected abstract Planned plan(JobContext context) throws IOException;

    /**
     * A run before its weights are in memory.
     *
     * @param memory what it will need, from the shapes of its networks and its settings alone
     * @param inputs loads what it is trained with; may take a while, ends early when the job is asked to stop
     */
    public record Planned(MemoryPlan memory, Loading inputs) {}

    /** Loads the inputs of a run, whose steps {@code workers} share where it has shards. */
    @FunctionalInterface
    public interface Loading {
        TrainingLoop.Inputs load(Workers workers) throws IOException;
    }

    /** Into how many parts each step is cut that workers share, a power of two; 1 where one process trains. */
    protected int shards() {
        return 1;
    }

    /** Publishes what goes out before the finished checkpoint, with which a run counts as done. */
    protected void announce(JobContext context, Trainer.Result result) {}

    /**
     * Whether the finished model takes the place of the one in use; asked before it is announced, maybe more than once.
     *
     * @return null where every finished model does
     */
    protected Checkpoint.@Nullable Promotion promotion(JobContext context, Trainer.Result result) throws IOException {
        return null;
    }

    /** What a base model has learned, where it is not to go on with a text; null otherwise. */
    protected @Nullable PretrainingObjective objective() {
        return null;
    }

    /** Whether something besides people wants the run to stop; asked before each step. */
    protected boolean isPaused() {
        return false;
    }

    /** Whether the run is to end here and publish its best model. */
    protected boolean isEnded() {
        return false;
    }

    /** The run stopped before its end; its state is stored. */
    protected void stopped(JobContext context) {}

    /** Figures that are shown with those of a step but are no part of training. */
    protected Map<String, Double> watched(String phase, long step, Map<String, Double> figures) {
        return figures;
    }

    protected final TrainingRun training() {
        return run;
    }

    /** What the run was given and cannot learn from; the job's thread counts. */
    protected final SetAside setAside() {
        return setAside;
    }

    /**
     * The run's frozen events of {@code topic}: the newest of each key, in the order of the keys' first appearance.
     *
     * @throws IllegalStateException if the run has no snapshot of the topic
     */
    protected final <T> Collection<T> newest(JobContext context, Topic<T> topic) {
        DatasetSnapshot snapshot = run.datasets().stream()
                .filter(dataset -> dataset.topic().equals(topic.name()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("run " + run.id() + " has no snapshot of topic "
                        + topic.name() + "; it was started by another version: cancel it and trigger a new one"));
        return context.readNewest(topic, snapshot).values();
    }

    @Override
    public final boolean hasBegun() {
        try {
            return run.hasBegun();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public final String run() {
        return run.id();
    }

    @Override
    public final Map<String, String> hyperparameters() {
        return run.hyperparameters();
    }

    @Override
    public final void execute(JobContext context) throws IOException {
        try {
            train(context);
        } finally {
            NativeMemory.trim();
        }
    }

    private void train(JobContext context) throws IOException {
        boolean together = shards() > 1 && CollectiveLibrary.isThere();
        if (shards() > 1 && !together) {
            requireUnshared(context);
        }
        // Where several work on it, they settle who publishes a result that is there.
        Optional<Trainer.Result> before = together ? Optional.empty() : Trainer.finished(run);
        if (before.isPresent()) {
            // The store may be older than the topics: what was learned from others is no result of these.
            run.datasets().stream().filter(dataset -> dataset.content() != null).forEach(context::verify);
            publish(context, before.get());
            return;
        }
        Planned planned = plan(context);
        if (context.stopRequested()) {
            return; // reading may have ended early
        }
        setAside.requireMost();
        setAside.reason().ifPresent(reason -> LOG.warnf("Set aside: %s", Messages.english(reason)));
        context.planned(planned.memory());
        planned.memory().requireRoom();
        try (Workers workers = together ? workers(context) : Workers.alone(shards())) {
            Optional<Trainer.Result> result;
            try (TrainingLoop.Inputs inputs = planned.inputs().load(workers)) {
                if (context.stopRequested()) {
                    return;
                }
                result = new Trainer(run, inputs, settings, context.samples(), monitor(context), workers).train();
            }
            if (result.isEmpty()) {
                stopped(context);
                return;
            }
            publish(context, result.get());
            dismiss(workers);
        }
    }

    /** Who cannot add up gradients with others leaves the run to them. */
    private void requireUnshared(JobContext context) {
        int others = context.workers(run);
        if (others > 0) {
            throw new WorkerRefusedException(Reason.of("training.withoutCollectives")
                    .with("run", run.id())
                    .with("workers", others));
        }
    }

    private Workers workers(JobContext context) {
        TransferFolder.sweep();
        Map<String, String> fingerprint = new TreeMap<>(TorchRuntime.fingerprint());
        fingerprint.put("code", Code.hash(getClass()));
        RendezvousServer server = RendezvousServer.open(context.workerAddress());
        return new WorkerGroup(
                () -> context.membership(run, shards(), server.address(), fingerprint),
                server,
                shards(),
                context.auditShare());
    }

    /** The result is out: whoever is not there to hear it finds it published. */
    private static void dismiss(Workers workers) {
        try {
            workers.dismiss();
        } catch (WorkersChangedException e) {
            LOG.infof("A worker has not waited for the end: %s", e.getMessage());
        }
    }

    private void publish(JobContext context, Trainer.Result finished) throws IOException {
        Checkpoint.Promotion promotion = promotion(context, finished);
        run.requireHeld(); // nobody can take an event back: it must come from the run's owner
        announce(context, finished);
        run.requireHeld();
        context.publish(
                Topic.CHECKPOINTS,
                new Checkpoint(
                        run.stage(),
                        run.id(),
                        finished.step(),
                        finished.checkpoint(),
                        run.lineage().parents(),
                        run.datasets(),
                        finished.metrics(),
                        promotion,
                        context.cause().orElse(null),
                        objective()));
        tidy();
    }

    /** Whatever hinders it: the result is out, and what is left is collected later. */
    private void tidy() {
        try {
            run.tidy();
        } catch (IOException e) {
            LOG.warnf("What run %s has left stays for now: %s", run.id(), e.getMessage());
        }
    }

    private static Incident.Computed computed(Member worker, String gradients) {
        InetSocketAddress address = worker.rendezvous();
        return new Incident.Computed(
                worker.id(), address.getHostString() + ":" + address.getPort(), gradients, worker.fingerprint());
    }

    private Monitor monitor(JobContext context) {
        return new Monitor() {
            @Override
            public boolean stopRequested() {
                if (isPaused()) {
                    context.stop();
                }
                return context.stopRequested();
            }

            @Override
            public boolean endRequested() {
                return isEnded();
            }

            @Override
            public void recorded(Reference record) {
                context.recorded(record);
            }

            @Override
            public void stepBegins() {
                context.stepBegins();
            }

            @Override
            public void stepEnds() {
                context.stepEnds();
            }

            @Override
            public void saved(double seconds, long bytes) {
                context.saved(seconds, bytes);
            }

            @Override
            public void sampled(Sample sample) {
                context.sampled(sample);
            }

            @Override
            public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
                Map<String, Double> shown = new TreeMap<>(watched(phase, step, figures));
                shown.putAll(setAside.figures());
                context.progress(phase, step, totalSteps, shown);
            }

            @Override
            public void followed(String phase, long step, long totalSteps, Map<String, Double> figures) {
                context.followed(phase, step, totalSteps, figures);
            }

            @Override
            public void disagreed(long step, Disagreement what) {
                context.incident(new Incident(
                        run.stage().id(),
                        run.id(),
                        step,
                        what.shard(),
                        computed(what.owner(), what.owners()),
                        computed(what.auditor(), what.auditors())));
            }

            @Override
            public void workersChanged(Reason what) {
                context.workersChanged(what);
            }

            @Override
            public void healed(HealingEvent event) {
                context.healed(event.reason());
            }
        };
    }
}
