package io.alignstream.training.retention;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.capacity.StoreFullException;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Holding;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Holdings;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Mark;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.LeaseLostException;
import io.alignstream.training.StoredState;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.effort.EffortLog;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what nobody needs in a store, and deletes it; thread-safe, and safe beside collectors of other processes.
 *
 * <p>Manifests of finished models stay for ever: they are small, and the lineage of what is served leads through them. What
 * is deleted of a run is deleted by its owner: the collector claims it, but never one that somebody may be at work on. A
 * collector that dies in the middle leaves what the next one finishes. To claim a run takes a note, and to delete a model
 * another one: where a store takes nothing more, they take the room that the collections before have put aside
 * ({@link CheckpointStore#reserve}).
 *
 * <p>A stage of which the registry knows no model is left alone: then the topics are not those that the store belongs to.
 */
public final class StoreCollector {

    /** Whose models are collected; tokenizers are small and stay. */
    static final List<Stage> STAGES = List.of(Stage.PRETRAIN, Stage.SFT, Stage.REWARD, Stage.RLHF);

    private static final Logger LOG = LoggerFactory.getLogger(StoreCollector.class);
    /** A state of so few bytes holds no moments and is not worth a word. */
    private static final long EMPTY_STATE = 4096;

    private final CheckpointStore store;
    private final CheckpointStore records;
    private final CheckpointStore efforts;
    private final Retention retention;
    private final InstantSource clock;

    /** A collector of {@code store}. */
    public StoreCollector(CheckpointStore store, Retention retention) {
        this(store, retention, InstantSource.system());
    }

    StoreCollector(CheckpointStore store, Retention retention, InstantSource clock) {
        this.store = store;
        this.records = store.below(TrainingRun.RECORDS);
        this.efforts = store.below(EffortLog.EFFORTS);
        this.retention = retention;
        this.clock = clock;
    }

    /** What nobody needs, in the order in which it goes; changes nothing. */
    public List<Garbage> find(Registry registry) throws IOException {
        return garbage(registry, runs(registry), clock.instant());
    }

    /**
     * Marks what nobody needs, deletes what is due, and takes the mark from what is needed again.
     *
     * @param source read again before each deletion of a model: somebody may have approved it meanwhile. If that fails, the
     *     collection ends with a warning, and the next one goes on
     * @return what was deleted
     * @throws IOException if the store cannot be looked at; then, and where the first reading of {@code source} fails, nothing is
     *     deleted
     */
    public List<Garbage> collect(Registry.Source source) throws IOException {
        Registry registry = source.read();
        Instant now = clock.instant();
        List<Holdings> runs = runs(registry);
        List<Garbage> all = garbage(registry, runs, now);
        unmark(runs, all);
        List<Garbage> deleted = new ArrayList<>();
        for (Garbage found : all) {
            try {
                if (found.due().isAfter(now)) {
                    mark(found);
                } else if (delete(found, registry, () -> Needed.of(source.read(), runs, retention, now))) {
                    deleted.add(found);
                }
            } catch (RuntimeException e) {
                // What is needed cannot be asked any more, and would not be known of the others either.
                warn("The collection ends early, and the next one goes on", found, e);
                break;
            }
        }
        store.sweep(now.minus(retention.grace()));
        putAside();
        return deleted;
    }

    /** For the next collection, which may meet a store that takes nothing. */
    private void putAside() {
        try {
            store.reserve();
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("Cannot put room for notes aside; it is tried again the next time");
        }
    }

    /** Asks the store for something that takes a note. */
    @FunctionalInterface
    private interface Noting<T> {
        T run() throws IOException;
    }

    /** Where there is no room for a note, with what was put aside for it. */
    private <T> T withReserve(Noting<T> noting) throws IOException {
        try {
            return noting.run();
        } catch (StoreFullException e) {
            if (!store.giveUpReserve()) {
                throw e;
            }
            return noting.run();
        }
    }

    private List<Holdings> runs(Registry registry) throws IOException {
        List<Holdings> runs = new ArrayList<>();
        for (Stage stage : STAGES) {
            if (!registry.of(stage).isEmpty()) {
                for (String run : store.runs(stage)) {
                    runs.add(store.holdings(stage, run));
                }
            }
        }
        return runs;
    }

    private List<Garbage> garbage(Registry registry, List<Holdings> runs, Instant now) throws IOException {
        Needed needed = Needed.of(registry, runs, retention, now);
        List<Garbage> garbage = new ArrayList<>();
        for (Holdings run : runs) {
            boolean announced = announced(run, registry);
            boolean abandoned =
                    !announced && !run.lastSign().plus(retention.unfinished()).isAfter(now);
            if (announced || abandoned) {
                unfinished(run, announced ? "retention.finished" : "retention.abandoned", now, garbage);
                for (Holding holding : run.checkpoints()) {
                    if (holding.manifest().complete()) {
                        finished(run, holding, registry, needed, now, garbage);
                    }
                }
            }
        }
        records(registry, runs, now, garbage);
        garbage.sort(Comparator.comparing(Garbage::kind).thenComparing(Garbage::due));
        return garbage;
    }

    private static boolean announced(Holdings run, Registry registry) {
        return run.checkpoints().stream()
                .anyMatch(holding -> registry.announces(holding.reference().sha256()));
    }

    private static void unfinished(Holdings run, String why, Instant now, List<Garbage> garbage) {
        List<Holding> states = run.checkpoints().stream()
                .filter(holding -> !holding.manifest().complete())
                .toList();
        if (!states.isEmpty()) {
            long bytes = states.stream().mapToLong(Holding::bytes).sum();
            garbage.add(new Garbage(run.stage(), run.run(), Garbage.Kind.UNFINISHED, null, bytes, Reason.of(why), now));
        }
    }

    private void finished(
            Holdings run, Holding holding, Registry registry, Needed needed, Instant now, List<Garbage> garbage) {
        String sha256 = holding.reference().sha256();
        long state = holding.files().getOrDefault(StoredState.FILE, 0L);
        if (!needed.model(sha256) && !holding.files().isEmpty()) {
            String why = registry.announces(sha256)
                    ? "retention.replaced"
                    : holding.result() ? "retention.notAnnounced" : "retention.otherResult";
            garbage.add(new Garbage(
                    run.stage(),
                    run.run(),
                    Garbage.Kind.MODEL,
                    holding,
                    holding.bytes(),
                    Reason.of(why),
                    due(holding, Mark.UNUSED, now)));
        } else if (state > EMPTY_STATE && !needed.state(sha256)) {
            garbage.add(new Garbage(
                    run.stage(),
                    run.run(),
                    Garbage.Kind.STATE,
                    holding,
                    state,
                    Reason.of("retention.notContinued"),
                    due(holding, Mark.SPENT, now)));
        }
    }

    private Instant due(Holding holding, Mark mark, Instant now) {
        return holding.marks().getOrDefault(mark, now).plus(retention.grace());
    }

    private void records(Registry registry, List<Holdings> runs, Instant now, List<Garbage> garbage)
            throws IOException {
        List<Checkpoint> announced = registry.of(Stage.RLHF);
        if (announced.isEmpty()) {
            return;
        }
        Set<String> kept =
                announced.subList(Math.max(0, announced.size() - retention.records()), announced.size()).stream()
                        .map(Checkpoint::run)
                        .collect(Collectors.toSet());
        Set<String> over = announced.stream().map(Checkpoint::run).collect(Collectors.toSet());
        Map<String, Instant> signs = runs.stream()
                .filter(run -> run.stage() == Stage.RLHF)
                .collect(Collectors.toMap(Holdings::run, Holdings::lastSign));
        for (String run : records.runs(Stage.RLHF)) {
            Holdings sampled = records.holdings(Stage.RLHF, run);
            Instant sign = Objects.requireNonNullElse(signs.get(run), sampled.lastSign());
            boolean goes = over.contains(run)
                    ? !kept.contains(run)
                    : !sign.plus(retention.unfinished()).isAfter(now);
            if (goes && !sampled.checkpoints().isEmpty()) {
                long bytes =
                        sampled.checkpoints().stream().mapToLong(Holding::bytes).sum();
                garbage.add(new Garbage(
                        Stage.RLHF, run, Garbage.Kind.RECORDS, null, bytes, Reason.of("retention.oldAnswers"), now));
            }
        }
    }

    /** Nobody needed it and somebody does again. */
    private void unmark(List<Holdings> runs, List<Garbage> garbage) throws IOException {
        Set<String> models = new HashSet<>();
        Set<String> states = new HashSet<>();
        for (Garbage found : garbage) {
            Holding holding = found.holding();
            if (holding != null) {
                (found.kind() == Garbage.Kind.STATE ? states : models)
                        .add(holding.reference().sha256());
            }
        }
        for (Holdings run : runs) {
            for (Holding holding : run.checkpoints()) {
                for (Mark mark : holding.marks().keySet()) {
                    Set<String> marked = mark == Mark.SPENT ? states : models;
                    if (!marked.contains(holding.reference().sha256())) {
                        store.mark(holding.reference(), mark, false);
                    }
                }
            }
        }
    }

    private void mark(Garbage found) {
        Holding holding = found.holding();
        Mark mark = found.kind() == Garbage.Kind.STATE ? Mark.SPENT : Mark.UNUSED;
        if (holding != null && !holding.marks().containsKey(mark)) {
            try {
                withReserve(() -> {
                    store.mark(holding.reference(), mark, true);
                    return mark;
                });
            } catch (IOException e) {
                warn("Cannot mark what nobody needs; it is tried again the next time", found, e);
            }
        }
    }

    /** What cannot be done for one of them, such as a note in a store that is full, keeps the others from nothing. */
    private static void warn(String message, Garbage found, Exception e) {
        LOG.atWarn()
                .addKeyValue("stage", found.stage().id())
                .addKeyValue("runId", found.run())
                .setCause(e)
                .log(message);
    }

    /** What is needed at this moment. */
    @FunctionalInterface
    private interface NeededNow {
        Needed read() throws IOException;
    }

    /** False if somebody may be at work on it, or if it is needed again or cannot be deleted; it stays for the next time. */
    private boolean delete(Garbage found, Registry registry, NeededNow needed) throws IOException {
        boolean over = registry.of(found.stage()).stream()
                .anyMatch(checkpoint -> checkpoint.run().equals(found.run()));
        // A run whose result is announced is worked on by nobody any more.
        Instant quietSince = over ? Instant.MAX : clock.instant().minus(LeaseLostException.SILENCE);
        Optional<Lease> claimed;
        try {
            claimed = withReserve(() -> store.claimIdle(found.stage(), found.run(), quietSince));
        } catch (IOException e) {
            warn("Cannot claim what nobody needs; it is tried again the next time", found, e);
            return false;
        }
        if (claimed.isEmpty()) {
            return false;
        }
        Lease lease = claimed.get();
        try {
            if (found.holding() != null && isNeeded(found, found.holding(), needed.read())) {
                return false;
            }
            withReserve(() -> {
                delete(found, lease);
                return lease;
            });
            LOG.atInfo()
                    .addKeyValue("stage", found.stage().id())
                    .addKeyValue("runId", found.run())
                    .addKeyValue("bytes", found.bytes())
                    .log("Deleted what nobody needs: {}", Messages.english(found.why()));
            return true;
        } catch (IOException e) {
            warn("Cannot delete what nobody needs; it is tried again the next time", found, e);
            return false;
        } finally {
            store.release(lease);
        }
    }

    private static boolean isNeeded(Garbage found, Holding holding, Needed needed) {
        String sha256 = holding.reference().sha256();
        return found.kind() == Garbage.Kind.STATE ? needed.state(sha256) : needed.model(sha256);
    }

    private void delete(Garbage found, Lease lease) throws IOException {
        Holding holding = found.holding();
        switch (found.kind()) {
            case UNFINISHED -> {
                store.prune(lease, 0, Set.of());
                if (!store.holdings(found.stage(), found.run()).complete()) {
                    store.requireHeld(lease);
                    efforts.prune(lease, 0, Set.of());
                }
            }
            case RECORDS -> {
                store.requireHeld(lease);
                records.prune(lease, 0, Set.of());
            }
            case STATE -> store.remove(lease, Objects.requireNonNull(holding).reference(), Set.of(StoredState.FILE));
            case MODEL ->
                store.remove(
                        lease,
                        Objects.requireNonNull(holding).reference(),
                        holding.manifest().files().keySet());
        }
    }
}
