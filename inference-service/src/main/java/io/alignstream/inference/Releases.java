package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.tracing.Traceparent;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/**
 * The newest verdict on every candidate that came to the gate, whatever model name it was for; thread-safe.
 *
 * <p>Known as soon as it is read, also while a model is loaded: who is rolled back answers nobody from then on.
 */
@ApplicationScoped
public class Releases implements Subscriptions.EventHandler<ModelRelease> {

    /** By record key, the oldest verdict first. */
    private final SequencedMap<String, Verdict> newest = new LinkedHashMap<>();

    /** A verdict, when it was given and in which trace. */
    private record Verdict(ModelRelease release, Instant since, Optional<Traceparent> trace) {}

    @Override
    public synchronized void handle(ModelRelease release, Origin origin) {
        newest.putLast(origin.key().orElse(""), new Verdict(release, origin.time(), trace(origin)));
    }

    private static Optional<Traceparent> trace(Origin origin) {
        return origin.header(Traceparent.HEADER).flatMap(Traceparent::parse);
    }

    /** The trace that brought the newest verdict on the checkpoint with {@code sha256}; empty if it says none. */
    public synchronized Optional<Traceparent> trace(String sha256) {
        return newest.sequencedValues().reversed().stream()
                .filter(verdict -> verdict.release().reference().sha256().equals(sha256))
                .findFirst()
                .flatMap(Verdict::trace);
    }

    @Override
    public synchronized void withdrawn(String key) {
        newest.remove(key);
    }

    /**
     * What the names of {@code model} stand for at {@code now}.
     *
     * @param trial how long a release is on trial after its approval, if there is an older one
     */
    synchronized Versions versions(String model, Duration trial, Instant now) {
        List<Verdict> approved = approved(model);
        boolean onTrial =
                approved.size() > 1 && now.isBefore(approved.getFirst().since().plus(trial));
        return new Versions(approved.stream().map(Verdict::release).toList(), onTrial);
    }

    /** The approved ones, newest first; of those with the same checkpoint the newest. */
    private List<Verdict> approved(String model) {
        Set<String> checkpoints = new HashSet<>();
        return newest.sequencedValues().reversed().stream()
                .filter(verdict -> verdict.release().model().equals(model))
                .filter(verdict -> verdict.release().verdict() == ModelRelease.Verdict.APPROVED)
                .filter(verdict -> checkpoints.add(verdict.release().reference().sha256()))
                .toList();
    }

    /** Each checkpoint that a verdict is known on, whatever it is, by its sha256. */
    synchronized Map<String, ModelRelease> known() {
        Map<String, ModelRelease> known = new LinkedHashMap<>();
        newest.sequencedValues()
                .forEach(verdict -> known.put(verdict.release().reference().sha256(), verdict.release()));
        return known;
    }

    /** The newest verdict on each candidate, the newest verdict first. */
    public synchronized List<ModelRelease> newest() {
        return newest.sequencedValues().reversed().stream()
                .map(Verdict::release)
                .toList();
    }

    /** Whether the checkpoint of {@code release} may be served under its model name now. */
    synchronized boolean isApproved(ModelRelease release) {
        return approved(release.model()).stream().anyMatch(approved -> approved.release()
                .reference()
                .sha256()
                .equals(release.reference().sha256()));
    }

    /** The release that wrote the response with this id; empty if the id names none. */
    public synchronized Optional<ModelRelease> author(String responseId) {
        return ResponseId.model(responseId).flatMap(sha256 -> newest.sequencedValues().reversed().stream()
                .map(Verdict::release)
                .filter(release -> release.reference().shortSha256().equals(sha256))
                .findFirst());
    }
}
