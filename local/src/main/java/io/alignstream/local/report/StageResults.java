package io.alignstream.local.report;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.local.pipeline.Chain;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.pipeline.StageClock;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Opens what a finished pass delivered, which checks every byte, and says what each stage took. */
public final class StageResults {

    private static final String MODEL_FILE = "model.safetensors";

    private StageResults() {}

    /** The artefacts of {@code chain} up to rlhf, as far as there are any, opened from {@code store}. */
    public static SequencedMap<Stage, StoredCheckpoint> open(Chain chain, CheckpointStore store) {
        Map<Stage, StoredCheckpoint> opened = new EnumMap<>(Stage.class);
        for (Stage stage : Stage.values()) {
            if (stage != Stage.INFERENCE) {
                chain.reference(stage).ifPresent(reference -> opened.put(stage, open(store, reference)));
            }
        }
        return new java.util.LinkedHashMap<>(opened);
    }

    private static StoredCheckpoint open(CheckpointStore store, Reference reference) {
        try {
            return store.open(reference);
        } catch (IOException e) {
            throw new LaunchException("The checkpoint " + reference.uri() + " is not sound: " + e.getMessage(), e);
        }
    }

    /** One result for each of {@code opened}. */
    public static List<DemoReport.StageResult> of(
            SequencedMap<Stage, StoredCheckpoint> opened, Chain chain, Registry registry, KafkaConnection connection) {
        List<DemoReport.StageResult> results = new ArrayList<>();
        opened.forEach((stage, stored) -> {
            Manifest manifest = stored.manifest();
            StageClock clock = registry.clock(stage);
            String weights = modelHash(stored);
            double seconds =
                    clock.seconds(manifest.run(), chain.deliveredAt(stage).orElse(0L));
            Long episodes = amount(manifest, "episodes", clock.episodes(manifest.run()));
            Long tokens = stage == Stage.TOKENIZER
                    ? Long.valueOf(packedTokens(weights, connection))
                    : episodes == null ? amount(manifest, "trainedTokens", clock.tokens(manifest.run())) : null;
            Long amount = tokens == null ? episodes : tokens;
            results.add(new DemoReport.StageResult(
                    stage.id(),
                    seconds,
                    tokens,
                    episodes,
                    amount == null || seconds <= 0 ? null : amount / seconds,
                    manifest.metrics(),
                    new DemoReport.Artefact(
                            stored.reference().uri(), stored.reference().sha256(), weights)));
        });
        return results;
    }

    /** Hash of the artefact's main file. */
    public static String modelHash(StoredCheckpoint stored) {
        String name = stored.manifest().stage() == Stage.TOKENIZER ? Tokenizer.TOKENIZER_FILE : MODEL_FILE;
        Manifest.FileEntry file = stored.manifest().files().get(name);
        if (file == null) {
            throw new LaunchException("The checkpoint " + stored.reference().uri() + " has no " + name + ".");
        }
        return file.sha256();
    }

    /** What the stage itself counted, else what its reported speed amounts to, else nothing. */
    private static @Nullable Long amount(Manifest manifest, String metric, long estimate) {
        Double counted = manifest.metrics().get(metric);
        if (counted != null) {
            return Math.round(counted);
        }
        return estimate == 0 ? null : Long.valueOf(estimate);
    }

    private static long packedTokens(String tokenizerSha256, KafkaConnection connection) {
        long[] tokens = {0};
        try (TopicLog log = new TopicLog(connection, List.of(Topic.TOKEN_BATCHES.name()))) {
            log.readToEnd(record -> tokens[0] += tokens(record, tokenizerSha256));
        }
        return tokens[0];
    }

    private static long tokens(ConsumerRecord<byte[], byte[]> record, String tokenizerSha256) {
        try {
            var batch = Topic.TOKEN_BATCHES.decode(record);
            return batch.tokenizerSha256().equals(tokenizerSha256) ? batch.tokens().length : 0;
        } catch (PoisonEventException e) {
            return 0; // in the dead letters
        }
    }
}
