package io.alignstream.training.card;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.training.card.Ancestors.Ancestor;
import io.alignstream.training.effort.Effort;
import io.alignstream.training.effort.EffortLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gathers what a card says; thread-safe if its {@link DataSource} is. */
public final class CardReader {

    private static final Logger LOG = LoggerFactory.getLogger(CardReader.class);
    private static final int MOST_RUNS = 64;
    private static final int REMEMBERED = 256;
    private static final String IMPORTED = "imported";

    private final CheckpointStore store;
    private final DataSource source;
    private final @Nullable String licence;
    private final CarbonEstimate.Assumptions assumptions;
    /** By sha256: a checkpoint is read as a whole before it is believed, which is done once. */
    private final Map<String, ModelCard.Size> sizes = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ModelCard.Size> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** Where frozen ranges of topics are read. */
    @FunctionalInterface
    public interface DataSource {

        /**
         * What a range holds, as far as it is read.
         *
         * @throws InvalidInputException if the topic does not hold it any more
         * @throws IOException if it cannot be read now
         */
        DataFacts read(DatasetSnapshot range) throws IOException;
    }

    /**
     * A reader.
     *
     * @param licence of the models, as their publisher has set it; blank if nobody has
     */
    public CardReader(
            CheckpointStore store, DataSource source, String licence, CarbonEstimate.Assumptions assumptions) {
        this.store = store;
        this.source = source;
        this.licence = licence.isBlank() ? null : licence.strip();
        this.assumptions = assumptions;
    }

    /**
     * The card of a release.
     *
     * @throws IOException if the manifest of its model cannot be read
     */
    public ModelCard card(ModelRelease release) throws IOException {
        return card(release.model(), release.reference(), ModelCard.Release.of(release));
    }

    /**
     * The card of a model that nothing was decided about.
     *
     * @throws IOException if its manifest cannot be read
     */
    public ModelCard card(Reference model) throws IOException {
        return card(store.manifest(model).stage().model(), model, null);
    }

    private ModelCard card(String name, Reference model, ModelCard.@Nullable Release release) throws IOException {
        Manifest manifest = store.manifest(model);
        Collection<Ancestor> ancestors =
                Ancestors.of(store, manifest.stage(), model, MOST_RUNS).values();
        List<ModelCard.Run> runs = ancestors.stream().map(this::run).toList();
        Effort all = Effort.NONE;
        for (ModelCard.Run run : runs) {
            all = run.effort() == null ? all : all.plus(run.effort());
        }
        return new ModelCard(
                name,
                manifest.stage(),
                manifest.run(),
                model.sha256(),
                manifest.filesSize(),
                licence,
                release,
                size(model),
                imported(ancestors),
                runs,
                data(ancestors),
                all.equals(Effort.NONE) ? null : CarbonEstimate.of(all, assumptions),
                new Measurements(store).newest(model, Limits.KIND, Limits.class).orElse(null));
    }

    private static @Nullable String imported(Collection<Ancestor> ancestors) {
        return ancestors.stream()
                .flatMap(ancestor -> ancestor.manifest().stream())
                .flatMap(manifest ->
                        Optional.ofNullable(manifest.hyperparameters().get(IMPORTED)).stream())
                .findFirst()
                .orElse(null);
    }

    private ModelCard.Run run(Ancestor ancestor) {
        Stage stage = ancestor.stage();
        String sha256 = ancestor.reference().sha256();
        if (ancestor.manifest().isEmpty()) {
            Reason problem = Reason.of("lineage.noManifest")
                    .with("uri", ancestor.reference().uri().toString());
            return new ModelCard.Run(stage, null, sha256, 0, new TreeMap<>(), new TreeMap<>(), null, null, problem);
        }
        Manifest manifest = ancestor.manifest().get();
        return new ModelCard.Run(
                stage,
                manifest.run(),
                sha256,
                manifest.step(),
                new TreeMap<>(manifest.metrics()),
                new TreeMap<>(manifest.hyperparameters()),
                machine(manifest.fingerprint()),
                effort(manifest),
                null);
    }

    private static @Nullable String machine(Map<String, String> fingerprint) {
        String card = fingerprint.get("card");
        return card == null ? fingerprint.get("processor") : card;
    }

    private @Nullable Effort effort(Manifest manifest) {
        try {
            Effort effort = new EffortLog(store, manifest.stage(), manifest.run()).sum();
            return effort.equals(Effort.NONE) ? null : effort;
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("runId", manifest.run()).setCause(e).log("What the run has taken cannot be read");
            return null;
        }
    }

    private synchronized ModelCard.@Nullable Size size(Reference model) {
        ModelCard.Size known = sizes.get(model.sha256());
        if (known != null) {
            return known;
        }
        try {
            Path folder = store.open(model).folder();
            TransformerConfig config = TransformerConfig.load(folder);
            ModelCard.Size read = new ModelCard.Size(
                    config.parameters(),
                    config.layers(),
                    config.width(),
                    config.heads(),
                    config.vocabularySize(),
                    config.maxPositions(),
                    config.variant().architecture().modelType());
            sizes.put(model.sha256(), read);
            return read;
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("checkpoint", model.uri()).setCause(e).log("The model's size is not known");
            return null;
        }
    }

    private List<ModelCard.Data> data(Collection<Ancestor> ancestors) {
        List<ModelCard.Data> data = new ArrayList<>();
        for (Ancestor ancestor :
                ancestors.stream().sorted(Comparator.comparing(Ancestor::stage)).toList()) {
            for (DatasetSnapshot range :
                    ancestor.manifest().map(Manifest::datasets).orElse(List.of())) {
                if (range.offsets() > 0) {
                    data.add(data(ancestor.stage(), range));
                }
            }
        }
        return data;
    }

    private ModelCard.Data data(Stage stage, DatasetSnapshot range) {
        DataFacts facts = null;
        Reason problem = null;
        if (!range.topic().equals(Topic.TOKEN_BATCHES.name())) {
            try {
                facts = source.read(range);
            } catch (InvalidInputException e) {
                problem = e.reason();
            } catch (IOException e) {
                LOG.atWarn().addKeyValue("topic", range.topic()).setCause(e).log("A card's data cannot be read");
                problem = Reason.of("lineage.unreachable").with("topic", range.topic());
            }
        }
        return new ModelCard.Data(stage, range.topic(), range.offsets(), facts, problem);
    }
}
