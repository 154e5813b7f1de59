package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The newest verdict on every candidate that came to the gate, whatever model name it was for; thread-safe.
 *
 * <p>Known as soon as it is read, also while a model is loaded: who is rolled back answers nobody from then on.
 */
@ApplicationScoped
public class Releases implements Subscriptions.EventHandler<ModelRelease> {

    /** By record key, the oldest verdict first. */
    private final SequencedMap<String, ModelRelease> newest = new LinkedHashMap<>();

    @Override
    public synchronized void handle(ModelRelease release, Origin origin) {
        newest.putLast(origin.key().orElse(""), release);
    }

    @Override
    public synchronized void withdrawn(String key) {
        newest.remove(key);
    }

    /** The approved ones of {@code model}, newest first. */
    synchronized List<ModelRelease> approved(String model) {
        return newest.sequencedValues().reversed().stream()
                .filter(release -> release.model().equals(model))
                .filter(release -> release.verdict() == ModelRelease.Verdict.APPROVED)
                .toList();
    }

    /** Whether the checkpoint of {@code release} may be served under its model name now. */
    boolean isApproved(ModelRelease release) {
        return approved(release.model()).stream()
                .anyMatch(approved ->
                        approved.reference().sha256().equals(release.reference().sha256()));
    }

    /** The release that wrote the response with this id; empty if the id names none. */
    public synchronized Optional<ModelRelease> author(String responseId) {
        return ResponseId.model(responseId).flatMap(sha256 -> newest.sequencedValues().reversed().stream()
                .filter(release -> release.reference().shortSha256().equals(sha256))
                .findFirst());
    }
}
