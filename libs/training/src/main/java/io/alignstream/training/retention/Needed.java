package io.alignstream.training.retention;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Holding;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Holdings;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.training.Lineage;
import io.alignstream.training.StoredState;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The models that something leads to, by the sha256 of their manifests; for one thread.
 *
 * <p>From a release to all that it was made from, from a run that somebody may be at work on to its parents. A base model
 * needs the one before it only as long as its training continues that one's.
 */
final class Needed {

    /** Whose weights are a part of what was made from them. */
    private static final Set<String> ORIGINS = Set.of(Lineage.BASE, Lineage.SFT, Lineage.REWARD);

    private final Map<String, Manifest> manifests = new HashMap<>();
    private final Set<String> models = new HashSet<>();
    private final Set<String> states = new HashSet<>();

    private Needed(List<Holdings> runs) {
        for (Holdings run : runs) {
            for (Holding holding : run.checkpoints()) {
                manifests.put(holding.reference().sha256(), holding.manifest());
            }
        }
    }

    /** What is needed of {@code runs}. */
    static Needed of(Registry registry, List<Holdings> runs, Retention retention, Instant now) {
        Needed needed = new Needed(runs);
        for (ModelRelease release : registry.approved(retention.releases())) {
            needed.withOrigins(release.reference());
        }
        for (Stage stage : StoreCollector.STAGES) {
            for (List<Checkpoint> models : registry.families(stage)) {
                models.subList(Math.max(0, models.size() - retention.models()), models.size())
                        .forEach(model -> needed.model(model.reference()));
            }
            registry.inUse(stage).ifPresent(model -> needed.model(model.reference()));
        }
        registry.rewardOfNewestSft().ifPresent(model -> needed.model(model.reference()));
        // An imported base model has no trunk, a student is no model that goes on: the newest of our own of each kind
        // does.
        for (List<Checkpoint> models : registry.families(Stage.PRETRAIN)) {
            models.stream()
                    .filter(model -> model.promoted() || model.masked())
                    .filter(model -> needed.hasState(model.reference()))
                    .reduce((older, newer) -> newer)
                    .ifPresent(model -> needed.state(model.reference()));
        }
        for (Holdings run : runs) {
            boolean announced = run.checkpoints().stream()
                    .anyMatch(holding -> registry.announces(holding.reference().sha256()));
            if (!announced && run.lastSign().plus(retention.unfinished()).isAfter(now)) {
                needed.parentsOf(run);
            }
        }
        return needed;
    }

    boolean model(String sha256) {
        return models.contains(sha256);
    }

    boolean state(String sha256) {
        return states.contains(sha256);
    }

    private void model(Reference reference) {
        models.add(reference.sha256());
    }

    private void state(Reference reference) {
        models.add(reference.sha256());
        states.add(reference.sha256());
    }

    private boolean hasState(Reference reference) {
        Manifest manifest = manifests.get(reference.sha256());
        return manifest != null && manifest.files().containsKey(StoredState.FILE);
    }

    private void withOrigins(Reference reference) {
        if (models.add(reference.sha256()) && manifests.containsKey(reference.sha256())) {
            manifests.get(reference.sha256()).parents().forEach((role, parent) -> {
                if (ORIGINS.contains(role)) {
                    withOrigins(parent);
                }
            });
        }
    }

    private void parentsOf(Holdings run) {
        for (Holding holding : run.checkpoints()) {
            holding.manifest().parents().forEach((role, parent) -> {
                if (role.equals(Lineage.PREVIOUS)) {
                    state(parent);
                } else {
                    model(parent);
                }
            });
        }
    }
}
