package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.stageruntime.metrics.Meters;
import io.micrometer.core.instrument.Counter;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * The place of the models in memory, of which a request gets the one that its model name stands for; thread-safe.
 *
 * <p>A swap is atomic: a request gets the old model or the new one, whole, and keeps it to its end. Whose approval is taken
 * back gets no new request, whatever else is going on, and the approved one before it, if it is in memory, gets the next.
 * Until the right one is loaded, the newest one before it answers.
 */
@ApplicationScoped
public class ServedModel {

    private static final Duration LOOK_FOR_ROOM = Duration.ofMillis(50);

    private final InferenceConfig config;
    private final Releases releases;
    private final Counter swaps;
    private final Meters.Presence info;
    /** By the checkpoint's sha256; each with a share that is this place's. */
    private final Map<String, LoadedModel> loaded = new LinkedHashMap<>();

    /** Those that get no more requests, but still answer earlier ones: until then their memory is taken. */
    private final Set<LoadedModel> leaving = new HashSet<>();

    /** Of what is only to be kept warm, that which cannot be. */
    private final Set<String> leftOut = new HashSet<>();

    ServedModel(InferenceConfig config, Releases releases, Meters meters) {
        this.config = config;
        this.releases = releases;
        this.swaps = meters.counter(Metric.MODEL_SWAPS);
        this.info = meters.presence(Metric.MODEL_INFO);
        meters.gauge(Metric.CACHE_USAGE, this, ServedModel::cacheInUse);
    }

    /**
     * What is in memory.
     *
     * @param sha256s of the checkpoints
     * @param leftOut of those that could be kept warm but are not, as there is no room or their files are gone
     */
    record InMemory(Set<String> sha256s, Set<String> leftOut) {

        boolean holds(ModelRelease release) {
            return sha256s.contains(release.reference().sha256());
        }

        boolean leavesOut(ModelRelease release) {
            return leftOut.contains(release.reference().sha256());
        }
    }

    /** A share of the model for who names none; empty while none is loaded and approved. */
    public Optional<LoadedModel> share() {
        return share("", "");
    }

    /**
     * A share of the model that {@code name} stands for, to be given back: the model's name, empty for that, too, one of {@code
     * latest}, {@code canary} and {@code stable} after a colon, or the first 12 or more digits of a checkpoint's sha256 after
     * an at sign.
     *
     * @param client who asks; each keeps its version while another one is on trial
     * @return empty if there is no such name, or none is loaded and approved
     */
    public synchronized Optional<LoadedModel> share(String name, String client) {
        return find(name, client).map(LoadedModel::share);
    }

    /** The stable model, for figures only: it may be freed at any time. */
    public synchronized Optional<LoadedModel> current() {
        return find(config.model() + ":stable", "");
    }

    /**
     * A share, to be given back, of the release on trial.
     *
     * @param answered sha256 of the checkpoint that somebody got an answer from
     * @return empty if there is none, it is not in memory, or it is the one that answered
     */
    public synchronized Optional<LoadedModel> onTrialBeside(String answered) {
        Versions versions = versions();
        return versions.trial()
                ? versions.latest()
                        .flatMap(this::in)
                        .filter(model -> !model.sha256().equals(answered))
                        .map(LoadedModel::share)
                : Optional.empty();
    }

    /**
     * What an approved release is for now.
     *
     * @param stable whether requests that name no version go to it
     * @param trial whether it is on trial
     * @param loaded empty if it is not in memory
     */
    public record Standing(ModelRelease release, boolean stable, boolean trial, Optional<Loaded> loaded) {}

    /**
     * A model in memory.
     *
     * @param at since when
     * @param bytes of native memory
     * @param cache share of its room for texts that is in use, 0 to 1
     */
    public record Loaded(Instant at, long bytes, double cache) {}

    /** Every approved release, newest first. */
    public synchronized List<Standing> standings() {
        Versions versions = versions();
        return versions.approved().stream()
                .map(release -> new Standing(
                        release,
                        versions.stable().filter(release::equals).isPresent(),
                        versions.trial()
                                && versions.latest().filter(release::equals).isPresent(),
                        in(release).map(model -> new Loaded(model.loadedAt(), model.bytes(), model.cacheInUse()))))
                .toList();
    }

    /** Bytes of native memory of all models here. */
    public synchronized long memory() {
        return bytes();
    }

    /** Every name that is served and its model, which may be freed at any time: the plain one first, versions last. */
    public synchronized SequencedMap<String, LoadedModel> names() {
        SequencedMap<String, LoadedModel> names = new LinkedHashMap<>();
        String model = config.model();
        current().ifPresent(stable -> names.put(model, stable));
        for (String alias : List.of(":stable", ":latest", ":canary")) {
            find(model + alias, "").ifPresent(named -> names.put(model + alias, named));
        }
        for (ModelRelease release : versions().approved()) {
            in(release)
                    .ifPresent(version ->
                            names.put(model + "@" + release.reference().shortSha256(), version));
        }
        return names;
    }

    /** Whether there is a release to be served. */
    boolean awaited() {
        return !versions().approved().isEmpty();
    }

    /** Whether the newest release is on trial now. */
    boolean onTrial() {
        return versions().trial();
    }

    private Optional<LoadedModel> find(String name, String client) {
        Versions versions = versions();
        String model = config.model();
        if (name.isEmpty() || name.equals(model)) {
            return nearest(versions, versions.of(client, config.canary().share()));
        }
        if (name.startsWith(model + "@")) {
            String digits = name.substring(model.length() + 1);
            return versions.approved().stream()
                    .filter(release ->
                            digits.length() >= release.reference().shortSha256().length()
                                    && release.reference().sha256().startsWith(digits))
                    .flatMap(release -> in(release).stream())
                    .findFirst();
        }
        if (name.equals(model + ":stable")) {
            return nearest(versions, versions.stable());
        }
        return name.equals(model + ":latest") || name.equals(model + ":canary")
                ? nearest(versions, versions.latest())
                : Optional.empty();
    }

    /** The model of {@code wanted}, else of the newest one before it, else of the oldest one after it. */
    private Optional<LoadedModel> nearest(Versions versions, Optional<ModelRelease> wanted) {
        List<ModelRelease> approved = versions.approved();
        int place = wanted.map(approved::indexOf).orElse(0);
        return approved.stream()
                .skip(place)
                .flatMap(release -> in(release).stream())
                .findFirst()
                .or(() -> approved.subList(0, place).reversed().stream()
                        .flatMap(release -> in(release).stream())
                        .findFirst());
    }

    private Optional<LoadedModel> in(ModelRelease release) {
        return Optional.ofNullable(loaded.get(release.reference().sha256()));
    }

    private Versions versions() {
        return releases.versions(config.model(), config.canary().duration(), Instant.now());
    }

    /** Whether {@code release} may be served now. */
    boolean approves(ModelRelease release) {
        return releases.isApproved(release);
    }

    synchronized InMemory inMemory() {
        return new InMemory(Set.copyOf(loaded.keySet()), Set.copyOf(leftOut));
    }

    /** Bytes of all models here, those among them that only answer what they have begun. */
    synchronized long bytes() {
        leaving.removeIf(LoadedModel::freed);
        return Stream.concat(loaded.values().stream(), leaving.stream())
                .mapToLong(LoadedModel::bytes)
                .sum();
    }

    private synchronized double cacheInUse() {
        return loaded.values().stream()
                .mapToDouble(LoadedModel::cacheInUse)
                .max()
                .orElse(0);
    }

    /** Waits until {@code there} is room, as long as models that get no more requests may still make some. */
    void awaitRoom(BooleanSupplier there) {
        long begun = System.nanoTime();
        while (!there.getAsBoolean()
                && isLeaving()
                && System.nanoTime() - begun < config.timeout().toNanos()) {
            LockSupport.parkNanos(LOOK_FOR_ROOM.toNanos());
        }
    }

    private synchronized boolean isLeaving() {
        return leaving.stream().anyMatch(model -> !model.freed());
    }

    private void leave(LoadedModel model) {
        leaving.removeIf(LoadedModel::freed);
        leaving.add(model);
        model.giveBack();
    }

    /** {@code release} cannot be kept warm as things are, until a model goes. */
    synchronized void leaveOut(ModelRelease release) {
        leftOut.add(release.reference().sha256());
    }

    /** Serves {@code next}, too, whose first share becomes this place's; nothing changes if it is no longer approved. */
    synchronized void swap(LoadedModel next) {
        if (!releases.isApproved(next.release())) {
            next.giveBack();
            return;
        }
        LoadedModel same = loaded.put(next.sha256(), next);
        if (same != null) {
            leave(same);
        }
        swaps.increment();
        dropUnneeded();
        register();
    }

    /** Gives back what gets no requests and is not to be kept warm. */
    synchronized void dropUnneeded() {
        keep(config.warmVersions());
    }

    /** Gives back all that get no requests. */
    synchronized void dropWarm() {
        keep(0);
    }

    /** Keeps those that requests go to and, of the others that are approved, the newest, up to {@code most} together. */
    private void keep(int most) {
        Versions versions = versions();
        Set<LoadedModel> kept = new LinkedHashSet<>();
        nearest(versions, versions.stable()).ifPresent(kept::add);
        nearest(versions, versions.latest()).ifPresent(kept::add);
        for (ModelRelease release : versions.approved()) {
            if (kept.size() < most) {
                in(release).ifPresent(kept::add);
            }
        }
        List.copyOf(loaded.values()).stream()
                .filter(model -> !kept.contains(model))
                .forEach(this::drop);
    }

    private void drop(LoadedModel model) {
        loaded.remove(model.sha256());
        leave(model);
        leftOut.clear();
        register();
    }

    private void register() {
        info.are(loaded.values().stream()
                .map(model -> List.of(
                        model.release().model(), model.sha256(), model.release().run()))
                .toList());
    }

    /** Serves nothing from now on. */
    @PreDestroy
    synchronized void withdraw() {
        List.copyOf(loaded.values()).forEach(this::drop);
    }
}
