package io.alignstream.training.card;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.training.Lineage;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows a model's parents from manifest to manifest. */
public final class Ancestors {

    private static final Logger LOG = LoggerFactory.getLogger(Ancestors.class);

    private static final Map<String, Stage> STAGES = Map.of(
            Lineage.TOKENIZER,
            Stage.TOKENIZER,
            Lineage.BASE,
            Stage.PRETRAIN,
            Lineage.PREVIOUS,
            Stage.PRETRAIN,
            Lineage.SFT,
            Stage.SFT,
            Lineage.REWARD,
            Stage.REWARD,
            Lineage.TEACHER, // usually what was served
            Stage.RLHF);

    private Ancestors() {}

    /**
     * A checkpoint on the way.
     *
     * @param manifest empty if it cannot be read
     * @param removed when its files were removed, if they were
     */
    public record Ancestor(Stage stage, Reference reference, Optional<Manifest> manifest, Optional<Instant> removed) {}

    /**
     * A model and what it is made from by sha256, the later stages first.
     *
     * @param most how many are followed; the nearest ones
     */
    public static SequencedMap<String, Ancestor> of(CheckpointStore store, Stage stage, Reference model, int most) {
        Map<String, Ancestor> found = new LinkedHashMap<>();
        Deque<Ancestor> open = new ArrayDeque<>(List.of(ancestor(store, stage, model)));
        while (!open.isEmpty() && found.size() < most) {
            Ancestor next = open.remove();
            if (found.putIfAbsent(next.reference().sha256(), next) == null) {
                next.manifest().map(Manifest::parents).orElse(Map.of()).forEach((role, parent) -> {
                    Stage made = STAGES.get(role);
                    if (made != null && !found.containsKey(parent.sha256())) {
                        open.add(ancestor(store, made, parent));
                    }
                });
            }
        }
        // Parents are of earlier stages, or earlier runs of the same one, which were found later.
        List<Ancestor> ordered = new ArrayList<>(found.values());
        ordered.sort(Comparator.comparing(Ancestor::stage).reversed());
        SequencedMap<String, Ancestor> ancestors = new LinkedHashMap<>();
        ordered.forEach(ancestor -> ancestors.put(ancestor.reference().sha256(), ancestor));
        return ancestors;
    }

    private static Ancestor ancestor(CheckpointStore store, Stage stage, Reference reference) {
        try {
            return new Ancestor(stage, reference, Optional.of(store.manifest(reference)), store.removed(reference));
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("checkpoint", reference.uri()).setCause(e).log("No manifest can be read");
            return new Ancestor(stage, reference, Optional.empty(), Optional.empty());
        }
    }
}
