package io.alignstream.stageruntime.workers;

import io.alignstream.contracts.messages.Reason;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a worker says of itself when it joins the group of its run's family. Immutable.
 *
 * @param id of the worker, and its {@code group.instance.id}
 * @param run that it would work on
 * @param host address of its rendezvous server
 * @param port of its rendezvous server
 * @param shards of the run
 * @param mixed whether it may compute with workers of another fingerprint
 * @param standing its place in the newest generation that it knows of
 */
record Candidate(
        String id,
        String run,
        String host,
        int port,
        Map<String, String> fingerprint,
        int shards,
        boolean mixed,
        Standing standing) {

    /** First who computed in the newest generation, by rank, and who stood by there; then who comes back, or is new. */
    static final Comparator<Candidate> ORDER = Comparator.comparingLong(
                    (Candidate candidate) -> -candidate.standing.number())
            .thenComparingInt(candidate -> candidate.standing.rank())
            .thenComparing(Candidate::id);

    Candidate {
        fingerprint = Map.copyOf(fingerprint);
    }

    /** The same worker at another place. */
    Candidate with(Standing place) {
        return new Candidate(id, run, host, port, fingerprint, shards, mixed, place);
    }

    /** Why this worker must not compute with {@code first}; empty if it may. */
    Optional<Reason> refusedBy(Candidate first) {
        if (!run.equals(first.run)) {
            return Optional.of(
                    refusal("workers.otherRun", first).with("there", first.run).with("here", run));
        }
        if (shards != first.shards) {
            return Optional.of(refusal("workers.otherShards", first)
                    .with("there", first.shards)
                    .with("here", shards));
        }
        if (fingerprint.equals(first.fingerprint) || mixed && first.mixed) {
            return Optional.empty();
        }
        return Optional.of(
                refusal("workers.otherFingerprint", first).with("differences", differences(first.fingerprint)));
    }

    private static Reason refusal(String code, Candidate first) {
        return Reason.of(code).with("worker", first.id).with("address", first.host);
    }

    private String differences(Map<String, String> theirs) {
        TreeSet<String> names = new TreeSet<>(theirs.keySet());
        names.addAll(fingerprint.keySet());
        return names.stream()
                .filter(name -> !theirs.getOrDefault(name, "").equals(fingerprint.getOrDefault(name, "")))
                .map(name -> name + " " + theirs.getOrDefault(name, "–") + " ≠ " + fingerprint.getOrDefault(name, "–"))
                .collect(Collectors.joining("; "));
    }
}
