package io.alignstream.training.retention;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.Stage;
import io.alignstream.training.Lineage;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.stream.Collectors;

/**
 * What the registry topics hold: the newest record of each key, all of them or nothing. Immutable.
 *
 * @param checkpoints finished models, oldest first
 * @param releases verdicts on candidates, oldest first
 */
public record Registry(List<Checkpoint> checkpoints, List<ModelRelease> releases) {

    /** Where it is read, each time as it is in that moment. */
    @FunctionalInterface
    public interface Source {

        /** All that there is now; may take a while. */
        Registry read() throws IOException;
    }

    public Registry {
        checkpoints = List.copyOf(checkpoints);
        releases = List.copyOf(releases);
    }

    /** The finished models of {@code stage}, oldest first. */
    List<Checkpoint> of(Stage stage) {
        return checkpoints.stream()
                .filter(checkpoint -> checkpoint.stage() == stage)
                .toList();
    }

    /** The finished models of {@code stage} in families of which each keeps its own newest ones; those with nothing in them too. */
    List<List<Checkpoint>> families(Stage stage) {
        Map<Boolean, List<Checkpoint>> families =
                of(stage).stream().collect(Collectors.partitioningBy(Checkpoint::masked));
        return List.copyOf(families.values());
    }

    /** The newest model that fills blanks, if there is one. */
    public Optional<Checkpoint> newestMasked() {
        return checkpoints.stream().filter(Checkpoint::masked).reduce((older, newer) -> newer);
    }

    /** The model of {@code stage} that others are made from. */
    public Optional<Checkpoint> inUse(Stage stage) {
        return newestPromoted(of(stage));
    }

    /** The reward model that the newest SFT model is aligned by. */
    Optional<Checkpoint> rewardOfNewestSft() {
        return inUse(Stage.SFT)
                .flatMap(sft ->
                        newestPromoted(Lineage.of(Lineage.SFT, sft.reference()).of(of(Stage.REWARD))));
    }

    private static Optional<Checkpoint> newestPromoted(List<Checkpoint> models) {
        return models.stream().filter(Checkpoint::promoted).reduce((older, newer) -> newer);
    }

    /** The approved releases of each name, the newest {@code count} of them: the one that is served and those before it. */
    List<ModelRelease> approved(int count) {
        SequencedSet<String> names =
                releases.stream().map(ModelRelease::model).collect(Collectors.toCollection(LinkedHashSet::new));
        return names.stream()
                .flatMap(name -> releases.reversed().stream()
                        .filter(release -> release.model().equals(name) && release.verdict() == Verdict.APPROVED)
                        .limit(count))
                .toList();
    }

    /** The approved release that was decided last, of any name. */
    public Optional<ModelRelease> newestApproved() {
        return releases.reversed().stream()
                .filter(release -> release.verdict() == Verdict.APPROVED)
                .findFirst();
    }

    /** Whether the result of a run was announced. */
    boolean announces(String sha256) {
        return checkpoints.stream()
                .anyMatch(checkpoint -> checkpoint.reference().sha256().equals(sha256));
    }
}
