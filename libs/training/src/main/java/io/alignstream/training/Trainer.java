package io.alignstream.training;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.workers.Goodput;
import io.alignstream.languagemodel.checkpoint.LeaseLostException;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.training.TrainingLoop.Evaluation;
import io.alignstream.training.TrainingLoop.Step;
import io.alignstream.training.dataset.SetAside;
import io.alignstream.training.effort.EffortClock;
import io.alignstream.training.effort.EnergyMeter;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.samples.SampleWriter;
import io.alignstream.training.workers.Handover;
import io.alignstream.training.workers.Standing;
import io.alignstream.training.workers.TransferFolder;
import io.alignstream.training.workers.Workers;
import io.alignstream.training.workers.WorkersChangedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives the loop of any stage through a run: begins or resumes it, steps, saves by plan and by the clock, goes back when
 * training fails, ends early when it gets no better, and stores the finished model.
 *
 * <p>The only place that knows a clock, and when something is stored. Everything that a decision depends on is in the checkpoints ({@link
 * RunState}), so a run that goes on from one ends with the same weights as one that was never interrupted. For one thread.
 */
public final class Trainer {

    private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

    private final TrainingRun run;
    private final TrainingLoop.Inputs inputs;
    private final Settings settings;
    private final SampleSettings samples;
    private final Optional<SampleWriter> writer;
    private final Monitor monitor;
    private final Workers workers;
    /** When this process had its first place among those that work on the run; 0 before. */
    private long since;

    private @Nullable Goodput goodput;
    private final EffortClock effort = new EffortClock(
            EnergyMeter.ofMachine(),
            TorchRuntime.THREADS,
            TorchRuntime.get().card().isPresent());
    /** How many workers took the last step. */
    private double company = 1;

    /**
     * What a stage configures.
     *
     * @param patience evaluations without a better one after which the run ends and its best model is published; 0 never
     *     ends it early and publishes the last one
     * @param mostSetAside share of what a run was given that it may leave out because it cannot learn from it
     */
    public record Settings(Saving saving, Healing healing, int patience, double mostSetAside) {
        public Settings {
            require("patience", patience, 0, 1_000_000);
            require("mostSetAside", mostSetAside, 0, 1);
        }

        /** With the usual share that may be left out. */
        public Settings(Saving saving, Healing healing, int patience) {
            this(saving, healing, patience, SetAside.MOST);
        }
    }

    /**
     * When the state is stored.
     *
     * @param every steps between two checkpoints that a failed run can go back to
     * @param interval most time between two checkpoints; does not change the weights
     */
    public record Saving(long every, Duration interval) {
        public Saving {
            require("checkpointEvery", every, 1, Integer.MAX_VALUE);
            require("checkpointInterval (seconds)", interval.toSeconds(), 1, Integer.MAX_VALUE);
        }
    }

    /**
     * What happens when training fails.
     *
     * @param recoveries most times that a run goes back to an earlier checkpoint before it gives up
     * @param learningRateFactor multiplies the learning rate where no data can be left out instead
     */
    public record Healing(int recoveries, double learningRateFactor) {
        public Healing {
            require("recoveries", recoveries, 0, 1_000);
            require("recoveryLearningRateFactor", learningRateFactor, 0.001, 0.999);
        }
    }

    /** A finished model: its checkpoint, the steps of its run and its figures. */
    public record Result(Reference checkpoint, long step, Map<String, Double> metrics) {}

    /** A run on frozen inputs, of whose writing nothing is shown. */
    public Trainer(TrainingRun run, TrainingLoop.Inputs inputs, Settings settings, Monitor monitor) {
        this(run, inputs, settings, SampleSettings.NONE, monitor);
    }

    /** A run on frozen inputs, on which nobody else works. */
    public Trainer(
            TrainingRun run, TrainingLoop.Inputs inputs, Settings settings, SampleSettings samples, Monitor monitor) {
        this(run, inputs, settings, samples, monitor, Workers.alone(1));
    }

    /** A run on frozen inputs, as one of its workers; these stay the caller's. */
    public Trainer(
            TrainingRun run,
            TrainingLoop.Inputs inputs,
            Settings settings,
            SampleSettings samples,
            Monitor monitor,
            Workers workers) {
        this.run = run;
        this.inputs = inputs;
        this.settings = settings;
        this.samples = samples;
        this.writer = inputs.sampleWriter(samples);
        this.monitor = monitor;
        this.workers = workers;
    }

    /**
     * Trains to the end or until asked to stop, from what other workers have in memory or the run's newest checkpoint.
     *
     * <p>Every worker comes here and takes the same steps. The one that leads owns the run: it stores, tells and returns the
     * result; the others wait until that is published.
     *
     * @return empty if the run was stopped; its state is stored then
     * @throws TrainingFailedException if training failed and did not heal
     * @throws LeaseLostException if another process has taken the run over
     * @throws LedElsewhereException if another worker led the run and has published the result
     */
    public Optional<Result> train() throws IOException {
        try {
            return trainTogether();
        } catch (IOException | RuntimeException e) {
            run.requireHeld(); // what a run's next owner moves or deletes fails here in any way
            throw e;
        }
    }

    private Optional<Result> trainTogether() throws IOException {
        Optional<Moment> moment = Optional.empty();
        boolean following = false;
        try {
            while (workers.meet(moment.map(Moment::standing).orElse(Standing.NOTHING), monitor::stopRequested)) {
                since = since == 0 ? System.nanoTime() : since;
                try {
                    if (workers.leads()) {
                        boolean newly = own();
                        if (following) {
                            effort.begin(); // who led before has counted what was before
                            following = false;
                        }
                        Optional<Result> before = moment.isEmpty() || newly ? finished(run) : Optional.empty();
                        if (before.isPresent()) {
                            workers.lead(Handover.OVER, folder -> {});
                            if (workers.stoodBy()
                                    || moment.isPresent() && !moment.get().ended()) {
                                // those who brought it to its end publish it, or it is asked for again
                                throw endedElsewhere();
                            }
                            return before;
                        }
                        moment = Optional.of(moment.isPresent() ? moment.get() : stored());
                        lead(moment.get());
                    } else {
                        run.giveUp();
                        moment.ifPresent(held -> held.leads = false);
                        moment = follow(moment);
                        following = true;
                    }
                    if (moment.isEmpty()) {
                        return Optional.empty();
                    }
                    Optional<Trouble> trouble = stepThrough(moment.get());
                    if (trouble.isPresent()) {
                        Moment failed = moment.get();
                        moment = Optional.empty(); // it is over, whatever becomes of going back
                        moment = healed(failed, trouble.get());
                    } else if (moment.get().ended()) {
                        return Optional.of(end(moment.get()));
                    } else if (!workers.changed()) {
                        return Optional.empty();
                    }
                } catch (WorkersChangedException e) {
                    LOG.atInfo().addKeyValue("run", run.id()).log(e.getMessage());
                } catch (LeaseLostException e) {
                    if (!workers.elected()) {
                        throw e;
                    }
                    // another worker leads by now, which did not hear of this one for a while
                    LOG.atInfo().addKeyValue("run", run.id()).log(e.getMessage());
                    run.giveUp();
                    moment.ifPresent(held -> held.leads = false);
                }
            }
            if (moment.isPresent() && moment.get().leads) {
                moment.get().saveBeforeStop();
            }
            return Optional.empty();
        } finally {
            moment.ifPresent(Moment::close);
        }
    }

    /** Takes the run; whether somebody else may have owned it meanwhile. */
    private boolean own() throws IOException {
        if (!workers.elected()) {
            run.claim();
            return false;
        }
        return run.takeOver();
    }

    /** This worker leads: brings the others to where it is. */
    private void lead(Moment moment) throws IOException {
        if (!moment.leads) {
            moment.leads = true;
            if (!moment.ended()) {
                // what the leader before had stored last is not known here
                boolean planned = moment.loop.done() % settings.saving.every == 0;
                moment.save(planned && !moment.state.anchorSteps().contains(moment.loop.done()));
            }
        }
        workers.lead(moment.handover(), folder -> moment.write(folder, false));
        workers.news(moment.loop.done()).ifPresent(monitor::workersChanged);
    }

    /** The newest checkpoint, or the beginning. */
    private Moment stored() throws IOException {
        Optional<StoredCheckpoint> newest = run.newest();
        return canResume(newest) ? resumed(newest.orElseThrow()) : begun(Recovery.NONE);
    }

    /** Another worker leads: goes on from memory, or from what that one sends; empty if asked to stop. */
    private Optional<Moment> follow(Optional<Moment> before) throws IOException {
        Standing mine = before.map(Moment::standing).orElse(Standing.NOTHING);
        try (TransferFolder transfer = TransferFolder.create()) {
            Path folder = transfer.path();
            Optional<Handover> told = workers.follow(mine, folder, monitor::stopRequested);
            if (told.isEmpty()) {
                return before;
            }
            if (told.get().over()) {
                throw endedElsewhere();
            }
            RunState state = RunState.of(told.get().runState());
            if (mine.compareTo(told.get().standing()) < 0) {
                before.ifPresent(Moment::close);
                StoredState sent = new StoredState(
                        folder,
                        told.get().standing().step(),
                        told.get().position(),
                        Safetensors.read(folder.resolve(StoredState.FILE)));
                return Optional.of(at(sent, state, told.get().figures(), false));
            }
            before.ifPresent(moment -> {
                moment.leads = false;
                moment.state = state;
            });
            return before;
        }
    }

    /** All workers see the trouble in the same step; the leader goes back, and the others are sent where it is then. */
    private Optional<Moment> healed(Moment failed, Trouble trouble) throws IOException {
        Recovery.Decision decision;
        try (failed) {
            decision = decide(failed, trouble);
        }
        return failed.leads ? Optional.of(goBack(decision, failed.state)) : Optional.empty();
    }

    private Result end(Moment moment) throws IOException {
        workers.ending();
        if (moment.leads) {
            return finish(moment);
        }
        throw endedElsewhere();
    }

    /** Waits until the result is published. */
    private LedElsewhereException endedElsewhere() {
        workers.dismiss();
        return new LedElsewhereException(run.id());
    }

    /** Whether the run goes on; what another version left unfinished is trained again from its frozen inputs. */
    private boolean canResume(Optional<StoredCheckpoint> newest) throws IOException {
        if (newest.isEmpty() || RunState.isIn(newest.get().folder())) {
            return newest.isPresent();
        }
        LOG.atWarn()
                .addKeyValue("run", run.id())
                .addKeyValue("step", newest.get().manifest().step())
                .log("Begins again: an older version left this run unfinished, without " + RunState.FILE);
        run.discard();
        return false;
    }

    /** The result of {@code run} if it has finished before; this process owns the run then. */
    public static Optional<Result> finished(TrainingRun run) throws IOException {
        Optional<StoredCheckpoint> newest = run.newest();
        return newest.isPresent() && newest.get().manifest().complete()
                ? Optional.of(result(run, newest.get().reference()))
                : Optional.empty();
    }

    /** What counts as the result of {@code run}, of which {@code complete} is a finished checkpoint. */
    private static Result result(TrainingRun run, Reference complete) throws IOException {
        run.claim();
        Reference settled = run.settle(complete);
        Manifest manifest = run.manifest(settled);
        return new Result(settled, manifest.step(), manifest.metrics());
    }

    private Step step(TrainingLoop loop) throws IOException {
        monitor.stepBegins();
        try {
            return loop.step();
        } finally {
            monitor.stepEnds();
        }
    }

    /** Steps until there is nothing to do, a person stops the run (the state is stored then) or a step fails. */
    private Optional<Trouble> stepThrough(Moment moment) throws IOException {
        TrainingLoop loop = moment.loop;
        while (!moment.ended() && !workers.changed()) {
            if (monitor.stopRequested()) {
                if (moment.leads) {
                    moment.saveBeforeStop();
                }
                return Optional.empty();
            }
            long before = loop.done();
            long began = System.nanoTime();
            Step step = step(loop);
            double seconds = (System.nanoTime() - began) / 1e9;
            workers.disagreements().forEach(what -> monitor.disagreed(loop.done(), what));
            if (step.trouble().isPresent()) {
                return step.trouble();
            }
            Evaluation evaluation = loop.evaluate();
            if (evaluation.trouble().isPresent()) {
                return evaluation.trouble();
            }
            if (moment.leads && step.record().isPresent()) {
                monitor.recorded(run.record(loop.done(), step.record().get()));
            }
            moment.take(step, evaluation);
            tell(moment, step, before, seconds);
            boolean byPlan = loop.done() % settings.saving.every == 0;
            boolean byClock = moment.leads && System.nanoTime() - moment.savedAt >= settings.saving.interval.toNanos();
            if (!loop.finished() && (byPlan || byClock)) {
                if (moment.leads) {
                    moment.save(byPlan);
                }
                if (byPlan) {
                    moment.state = RunState.of(workers.tell(moment.state.json()));
                }
            }
        }
        return Optional.empty();
    }

    /** What people see of a step, before which {@code before} steps were done. */
    private void tell(Moment moment, Step step, long before, double seconds) throws IOException {
        TrainingLoop loop = moment.loop;
        if (moment.leads && samples.due(before, loop.done(), loop.total())) {
            moment.sample();
        }
        SequencedMap<String, Double> figures = new LinkedHashMap<>(moment.figures);
        figures.put(step.speed().figure(), step.speed().amount() / seconds);
        SequencedMap<String, Double> shared = workers.figures(seconds, loop.done() - before);
        company = shared.getOrDefault("workers", 1.0);
        if (!shared.isEmpty()) {
            shared.put("goodput", goodput(before, loop.done(), seconds));
        }
        step.speed().work().ifPresent(work -> figures.put("modelFlopsUtilisation", work.utilisation(seconds, company)));
        figures.putAll(shared);
        if (moment.leads) {
            monitor.progress(loop.phase(), loop.done(), loop.total(), figures);
            run.beat();
        } else {
            monitor.followed(loop.phase(), loop.done(), loop.total(), figures);
        }
    }

    /** After {@code seconds} of steps: what the run's time since this process came has been good for. */
    private double goodput(long before, long done, double seconds) {
        Goodput counted = goodput == null ? new Goodput(before) : goodput;
        counted.took(done, seconds / (done - before));
        goodput = counted;
        return counted.share((System.nanoTime() - since) / 1e9);
    }

    private Recovery.Decision decide(Moment moment, Trouble trouble) {
        Recovery.Decision decision = moment.state
                .recovery()
                .decide(
                        settings.healing,
                        trouble,
                        moment.loop.done(),
                        settings.saving.every,
                        moment.state.anchorSteps());
        if (moment.leads) {
            monitor.healed(decision.recovery().events().getLast());
        }
        return decision;
    }

    /** The run at a place from before the failure; what was stored after it is deleted. */
    private Moment goBack(Recovery.Decision decision, RunState before) throws IOException {
        return switch (decision.place()) {
            case START -> {
                run.discard();
                yield begun(decision.recovery());
            }
            case ANCHOR_BEFORE -> recovered(run.rewind(before.anchors().getFirst()), decision.recovery());
            case LAST_ANCHOR -> recovered(run.rewind(before.anchors().getLast()), decision.recovery());
        };
    }

    private Moment begun(Recovery recovery) throws IOException {
        Moment moment = new Moment(inputs.begin(recovery), RunState.NEW.with(recovery), new LinkedHashMap<>(), true);
        moment.sample();
        moment.save(true);
        return moment;
    }

    private Moment resumed(StoredCheckpoint checkpoint) throws IOException {
        return at(checkpoint, state(checkpoint));
    }

    private Moment recovered(StoredCheckpoint checkpoint, Recovery recovery) throws IOException {
        return at(checkpoint, state(checkpoint).recovered(recovery));
    }

    private static RunState state(StoredCheckpoint checkpoint) throws IOException {
        return RunState.read(checkpoint.folder())
                .afterCheckpoint(
                        checkpoint.reference().sha256(), checkpoint.manifest().step());
    }

    private Moment at(StoredCheckpoint checkpoint, RunState state) throws IOException {
        return at(StoredState.of(checkpoint), state, checkpoint.manifest().metrics(), true);
    }

    private Moment at(StoredState stored, RunState state, Map<String, Double> figures, boolean leads)
            throws IOException {
        TrainingLoop loop = inputs.resume(stored, state.recovery());
        if (settings.patience > 0 && loop.done() > 0 && state.best().step() == loop.done()) {
            loop.keepAsBest();
        }
        return new Moment(loop, state, new LinkedHashMap<>(figures), leads);
    }

    private Result finish(Moment moment) throws IOException {
        TrainingLoop loop = moment.loop;
        BestModel best = moment.state.best();
        if (moment.sampled != loop.done()) {
            moment.sample(); // it has ended early
        }
        boolean bestIsNotLast = settings.patience > 0 && best.step() > 0 && best.step() < loop.done();
        SequencedMap<String, Double> figures =
                loop.finish(moment.figures, bestIsNotLast ? Optional.of(best) : Optional.empty());
        loop.finishedPhase().ifPresent(phase -> monitor.progress(phase, loop.done(), loop.total(), figures));
        return result(run, moment.store(true, figures));
    }

    private static Map<String, Double> finite(Map<String, Double> figures) {
        Map<String, Double> finite = new LinkedHashMap<>(figures);
        finite.values().removeIf(value -> !Double.isFinite(value));
        return finite;
    }

    private static void require(String name, double value, double least, double greatest) {
        if (!(value >= least && value <= greatest)) {
            throw new IllegalArgumentException(
                    name + " is " + value + " but must lie between " + least + " and " + greatest);
        }
    }

    /** A run between two steps: the loop, what the trainer knows besides, and the figures of the last step. */
    private final class Moment implements AutoCloseable {

        private final TrainingLoop loop;
        private final SequencedMap<String, Double> figures;
        private RunState state;
        /** Step after which something was written last, since the process started. */
        private long sampled = -1;
        /** Whether this process owns the run, and tells and stores what becomes of it. */
        private boolean leads;
        /** When its state was stored last, and after which step. */
        private long savedAt = System.nanoTime();

        private long savedStep;

        Moment(TrainingLoop loop, RunState state, SequencedMap<String, Double> figures, boolean leads) {
            this.leads = leads;
            this.loop = loop;
            this.state = state;
            this.figures = figures;
            this.savedStep = loop.done();
        }

        /** Whether no step is left, none that would make the model better, or none that is wanted. */
        boolean ended() {
            return loop.finished()
                    || monitor.endRequested()
                    || (settings.patience > 0 && state.best().worse() >= settings.patience);
        }

        void take(Step step, Evaluation evaluation) {
            figures.clear();
            figures.putAll(step.figures());
            figures.putAll(evaluation.figures());
            evaluation.judgement().ifPresent(judgement -> {
                if (settings.patience > 0 && state.best().isBeatenBy(judgement)) {
                    loop.keepAsBest();
                }
                state = state.with(state.best().after(loop.done(), judgement));
            });
        }

        /** Writes down how the model writes now; nothing that training goes on with is touched. */
        void sample() {
            writer.flatMap(each -> loop.writing().flatMap(network -> each.write(network, loop.done())))
                    .ifPresent(monitor::sampled);
            sampled = loop.done();
        }

        void save(boolean anchor) throws IOException {
            state = state.stored(anchor);
            Reference reference = store(false, figures);
            state = state.afterCheckpoint(reference.sha256(), loop.done());
            savedStep = loop.done();
            savedAt = System.nanoTime();
        }

        /** Steps that are not stored must not be lost with the process. */
        void saveBeforeStop() throws IOException {
            if (savedStep < loop.done() && !ended()) {
                save(false);
            }
        }

        Reference store(boolean complete, Map<String, Double> metrics) throws IOException {
            long began = System.nanoTime();
            Reference saved = run.save(
                    loop.done(),
                    complete,
                    loop.position(),
                    finite(metrics),
                    TorchRuntime.fingerprint(),
                    new HashSet<>(state.anchors()),
                    folder -> write(folder, complete));
            monitor.saved((System.nanoTime() - began) / 1e9, saved.size());
            run.spent(effort.lap(company));
            return saved;
        }

        void write(Path folder, boolean complete) throws IOException {
            (complete ? loop.finishedModel() : loop.model()).write(folder);
            Safetensors.write(
                    folder.resolve(StoredState.FILE), complete ? loop.finishedState() : loop.state(), Map.of());
            if (!complete || loop.continuable()) {
                state.write(folder, loop.notes());
            }
        }

        Standing standing() {
            return new Standing(state.recovery().count(), loop.done());
        }

        Handover handover() throws IOException {
            return new Handover(standing(), loop.position(), finite(figures), state.json(), false);
        }

        @Override
        public void close() {
            loop.close();
        }
    }
}
