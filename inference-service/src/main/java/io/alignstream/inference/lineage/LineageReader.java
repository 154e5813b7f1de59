package io.alignstream.inference.lineage;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.rights.BrokerRefusedException;
import io.alignstream.inference.RecentResponses;
import io.alignstream.inference.lineage.AnswerLineage.Counts;
import io.alignstream.inference.lineage.AnswerLineage.Dataset;
import io.alignstream.inference.lineage.AnswerLineage.Model;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.web.Links;
import io.alignstream.training.Lineage;
import jakarta.enterprise.context.ApplicationScoped;
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
import java.util.TreeMap;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.jboss.logging.Logger;

/** Follows a model's parents from manifest to manifest; thread-safe. */
@ApplicationScoped
public class LineageReader {

    private static final Logger LOG = Logger.getLogger(LineageReader.class);

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

    private final CheckpointStore store;
    private final DatasetCounts counts;
    private final Links links;
    private final BrokerRefusals refusals;

    LineageReader(CheckpointStore store, DatasetCounts counts, Links links, BrokerRefusals refusals) {
        this.store = store;
        this.counts = counts;
        this.links = links;
        this.refusals = refusals;
    }

    /** A checkpoint on the way, with its manifest if that can be read, and when its files were removed if they were. */
    record Ancestor(Stage stage, Reference reference, Optional<Manifest> manifest, Optional<Instant> removed) {}

    /**
     * The lineage of a response that {@code release} wrote.
     *
     * @param exchange what was asked and answered, as far as it is to be shown
     */
    AnswerLineage lineage(String responseId, ModelRelease release, Optional<RecentResponses.Response> exchange) {
        return new AnswerLineage(
                responseId,
                exchange.map(response -> new AnswerLineage.Exchange(response.messages(), response.answer()))
                        .orElse(null),
                new AnswerLineage.Release(
                        release.model(),
                        release.verdict(),
                        release.why(),
                        release.decidedBy(),
                        new TreeMap<>(release.figures())),
                ancestors(release).values().stream()
                        .map(ancestor -> model(responseId, ancestor))
                        .toList());
    }

    /** The release's model and what it is made from by sha256, each before its parents. */
    SequencedMap<String, Ancestor> ancestors(ModelRelease release) {
        Map<String, Ancestor> found = new LinkedHashMap<>();
        Deque<Ancestor> open = new ArrayDeque<>(List.of(ancestor(Stage.RLHF, release.reference())));
        while (!open.isEmpty() && found.size() < AnswerLineage.MOST_MODELS) {
            Ancestor next = open.remove();
            if (found.putIfAbsent(next.reference().sha256(), next) == null) {
                next.manifest().map(Manifest::parents).orElse(Map.of()).forEach((role, parent) -> {
                    Stage stage = STAGES.get(role);
                    if (stage != null && !found.containsKey(parent.sha256())) {
                        open.add(ancestor(stage, parent));
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

    private Ancestor ancestor(Stage stage, Reference reference) {
        try {
            return new Ancestor(stage, reference, Optional.of(store.manifest(reference)), store.removed(reference));
        } catch (IOException e) {
            LOG.warnf("No manifest of %s: %s", reference.uri(), e);
            return new Ancestor(stage, reference, Optional.empty(), Optional.empty());
        }
    }

    private Model model(String responseId, Ancestor ancestor) {
        String sha256 = ancestor.reference().sha256();
        String uri = ancestor.reference().uri().toString();
        String page = links.links().get(ancestor.stage().id());
        return ancestor.manifest()
                .map(manifest -> new Model(
                        ancestor.stage(),
                        manifest.run(),
                        sha256,
                        uri,
                        manifest.step(),
                        parents(manifest),
                        manifest.datasets().stream()
                                .map(dataset -> dataset(responseId, sha256, dataset))
                                .toList(),
                        manifest.metrics(),
                        "v1/lineage/" + responseId + "/manifests/" + sha256,
                        page,
                        ancestor.removed()
                                .map(when -> Reason.of("lineage.filesRemoved").with("when", when.toString()))
                                .orElse(null)))
                .orElseGet(() -> new Model(
                        ancestor.stage(),
                        null,
                        sha256,
                        uri,
                        0,
                        Map.of(),
                        List.of(),
                        Map.of(),
                        null,
                        page,
                        Reason.of("lineage.noManifest").with("uri", uri)));
    }

    /** Why the broker has not given the records of {@code snapshot}. */
    Reason unreadable(DatasetSnapshot snapshot, RuntimeException failure) {
        return refusals.in(failure, AclOperation.READ)
                .map(BrokerRefusedException::reason)
                .orElseGet(() -> Reason.of("lineage.unreachable").with("topic", snapshot.topic()));
    }

    private static Map<String, String> parents(Manifest manifest) {
        Map<String, String> parents = new TreeMap<>();
        manifest.parents().forEach((role, parent) -> parents.put(role, parent.sha256()));
        return parents;
    }

    private Dataset dataset(String responseId, String sha256, DatasetSnapshot snapshot) {
        Topic<?> topic = DatasetCounts.topic(snapshot).orElse(null);
        if (topic == null) {
            return new Dataset(snapshot.topic(), snapshot.partitions(), snapshot.offsets(), null, null, null);
        }
        String events = "v1/lineage/" + responseId + "/datasets/" + sha256 + "/" + snapshot.topic();
        Counts counted = null;
        Reason problem = null;
        try {
            counted = counts.of(topic, snapshot);
        } catch (InvalidInputException e) {
            problem = e.reason();
        } catch (KafkaException | IllegalStateException e) {
            LOG.warnf(e, "Cannot count %s", snapshot);
            problem = unreadable(snapshot, e);
        }
        return new Dataset(snapshot.topic(), snapshot.partitions(), snapshot.offsets(), counted, events, problem);
    }
}
