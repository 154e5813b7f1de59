package io.alignstream.local.command.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.pipeline.PublishedRegistry;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.service.ServiceProcesses;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.training.archive.RegistryArchive;
import io.alignstream.training.retention.Registry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The brokers have lost everything and the store nothing: through a real broker and the service that serves. */
class RestoreIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String MODEL = "alignstream";
    /** Besides, the service tells of its own job. */
    private static final int PUBLISHED = 8;

    private static final String HEAD = "lm_head.weight";
    private static final String SERVED = "a";
    private static final String ROLLED_BACK = "b";

    @TempDir
    Path folder;

    private final RecordingConsole output = new RecordingConsole();
    private final RestoreCommand command = new RestoreCommand();

    /** A record of a registry topic with all that is in it, as text. */
    private record Held(String topic, String key, String content) {}

    @Test
    void whatWasServedIsServedAgainAndWhatWasRolledBackIsNot() throws Exception {
        // Given: an approved release, and a newer one that was rolled back, as inference-service has seen them
        Site site = TestSites.prepared(folder);
        Reference served;
        Registry before;
        List<Held> records;
        try (LocalCluster cluster = serving(site);
                CheckpointStore store = store(site)) {
            served = publish(site, store);
            awaitServed(site, served);
            await().atMost(PATIENCE).until(() -> kept(store) == records(site).size() && kept(store) >= PUBLISHED);
            before = PublishedRegistry.read(site.connection());
            records = records(site);
        }
        loseTheTopics(site);

        try (LocalCluster cluster = broker(site);
                CheckpointStore store = store(site)) {
            // When: it is given back, after a look and an attempt that died, and once more
            command.dryRun = true;
            boolean looked = command.restore(store, site.connection(), output.console());
            List<Held> afterLook = records(site);
            beginToRestore(site, store);
            command.dryRun = false;
            boolean restored = command.restore(store, site.connection(), output.console());
            List<Held> afterRestored = records(site);
            boolean again = command.restore(store, site.connection(), output.console());

            // Then
            assertThat(List.of(looked, restored, again)).containsOnly(true);
            assertThat(afterLook).isEmpty();
            assertThat(PublishedRegistry.read(site.connection())).isEqualTo(before);
            assertThat(afterRestored).containsExactlyElementsOf(newest(records));
            assertThat(records(site)).isEqualTo(afterRestored);
            assertThat(output.lines())
                    .contains("nothing was published: --dry-run", "published 0 records")
                    .anyMatch(line -> line.startsWith("rankings") && line.contains("backup"));
        }
        try (LocalCluster cluster = serving(site)) {
            awaitServed(site, served);
        }

        // And what the store has never seen is not mixed with what it has
        try (LocalCluster cluster = broker(site);
                CheckpointStore store = store(site);
                Publisher publisher = new Publisher(site.connection())) {
            ModelRelease strange = before.releases().getFirst().decided(Verdict.REJECTED, "ann", "from elsewhere");
            publisher.publishAgain(Topic.MODEL_RELEASES, strange);
            assertThatThrownBy(() -> command.restore(store, site.connection(), output.console()))
                    .isInstanceOf(LaunchException.class)
                    .hasMessageContaining(Topic.MODEL_RELEASES.key(strange) + " of model-releases");

            // And a model that is damaged is left out, and said
            damage(served);
            assertThat(Restoration.plan(store, site.connection()).topics())
                    .flatMap(topic -> topic.left().keySet())
                    .containsExactlyInAnyOrder("rlhf/" + SERVED, MODEL + "/" + SERVED);
        }
    }

    private Reference publish(Site site, CheckpointStore store) throws IOException {
        Tokenizer tokenizer = new BpeTrainer(300).train(Stream.of("Which train goes to Shanghai? The one at nine."));
        Reference words = store.save(
                Manifest.draft(Stage.TOKENIZER, "words", tokenizer.vocabularySize())
                        .withComplete(true),
                tokenizer::save);
        Reference judge = store.save(
                Manifest.draft(Stage.REWARD, "judge", 1).withComplete(true),
                files -> Files.writeString(files.resolve("scores"), "none"));
        Reference served = model(store, tokenizer, SERVED, 1);
        Reference bad = model(store, tokenizer, ROLLED_BACK, 2);
        Checkpoint.Promotion refused = new Checkpoint.Promotion(false, Reason.verbatim("no better"), "ann");
        ModelRelease approved = new ModelRelease(MODEL, Verdict.APPROVED, bad, ROLLED_BACK, Map.of("win", 0.7), "good");
        try (Publisher publisher = new Publisher(site.connection())) {
            publisher.publishAgain(
                    Topic.TOKENIZERS,
                    new TrainedTokenizer(
                            "words",
                            words,
                            tokenizer.vocabularySize(),
                            tokenizer.sha256(),
                            new DatasetSnapshot(Topic.CLEAN_DOCUMENTS.name(), List.of())));
            publisher.publishAgain(Topic.CHECKPOINTS, checkpoint(Stage.RLHF, SERVED, served));
            publisher.publishAgain(
                    Topic.CHECKPOINTS, checkpoint(Stage.REWARD, "judge", judge).with(refused));
            publisher.publishAgain(Topic.CHECKPOINTS, checkpoint(Stage.RLHF, ROLLED_BACK, bad));
            publisher.publishAgain(
                    Topic.GUARD_DECISIONS,
                    new GuardDecision(
                            "c",
                            GuardDecision.Verdict.PAUSED,
                            "drift",
                            List.of("kl"),
                            1,
                            2,
                            Reason.verbatim("drifts"),
                            null,
                            null));
            publisher.publishAgain(
                    Topic.MODEL_RELEASES,
                    new ModelRelease(MODEL, Verdict.APPROVED, served, SERVED, Map.of("win", 0.6), "better"));
            publisher.publishAgain(Topic.MODEL_RELEASES, approved);
            publisher.publishAgain(
                    Topic.MODEL_RELEASES, approved.decided(Verdict.ROLLED_BACK, "ann", "answers nonsense"));
        }
        return served;
    }

    private static Checkpoint checkpoint(Stage stage, String run, Reference reference) {
        return new Checkpoint(stage, run, 1, reference, Map.of(), List.of(), Map.of("loss", 1.5));
    }

    /** Random weights that write some text: nothing speaks for the end of a turn. */
    private static Reference model(CheckpointStore store, Tokenizer tokenizer, String run, long seed)
            throws IOException {
        TransformerConfig tied = TransformerConfig.of(tokenizer.vocabularySize(), 1, 32, 128);
        TransformerConfig shape = new TransformerConfig(
                tied.vocabularySize(),
                1,
                32,
                tied.heads(),
                tied.keyValueHeads(),
                tied.feedForwardWidth(),
                128,
                tied.ropeTheta(),
                tied.normEpsilon(),
                false);
        try (Transformer network = Transformer.initialise(shape, seed)) {
            return store.save(Manifest.draft(Stage.RLHF, run, 1).withComplete(true), files -> {
                shape.save(files, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
                tokenizer.save(files);
                Map<String, Tensor> weights = new LinkedHashMap<>(network.tensors());
                weights.computeIfPresent(HEAD, (name, head) -> talkative(head, tokenizer));
                Safetensors.write(files.resolve(ModelWeights.FILE), weights, Map.of("format", "pt"));
            });
        }
    }

    private static Tensor talkative(Tensor head, Tokenizer tokenizer) {
        float[] values = head.toFloats();
        int width = (int) head.shape()[1];
        for (int i = 0; i < values.length; i++) {
            values[i] *= tokenizer.byteLength(i / width) == 0 ? 0 : 1_000;
        }
        return Tensor.of(values, head.shape());
    }

    private LocalCluster serving(Site site) {
        return LocalCluster.start(
                site,
                TestSites.installation(),
                List.of(new ServiceProcesses(site, TestSites.installation()).of(Stage.INFERENCE)),
                output.console());
    }

    private LocalCluster broker(Site site) {
        return LocalCluster.startBroker(site, TestSites.installation(), output.console());
    }

    private static CheckpointStore store(Site site) throws IOException {
        return CheckpointStore.open(site.store().toUri(), site.storeCache());
    }

    /** The page's own question: which model answers. */
    private static void awaitServed(Site site, Reference wanted) {
        ServiceClient service = new ServiceClient(site.address(Stage.INFERENCE));
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> service.get("/v1/models").toString().contains(wanted.shortSha256()));
    }

    private static int kept(CheckpointStore store) throws IOException {
        int kept = 0;
        RegistryArchive archive = new RegistryArchive(store);
        for (Topic<?> topic : RegistryArchive.TOPICS) {
            kept += archive.records(topic).size();
        }
        return kept;
    }

    private static void loseTheTopics(Site site) throws IOException {
        try (Stream<Path> files = Files.walk(site.kafka())) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** As a command does that is killed after the first record of each topic. */
    private static void beginToRestore(Site site, CheckpointStore store) throws IOException {
        try (Publisher publisher = new Publisher(site.connection())) {
            for (Restoration.OfTopic topic :
                    Restoration.plan(store, site.connection()).topics()) {
                List<ProducerRecord<byte[], byte[]>> first =
                        topic.due().stream().limit(1).map(Restoration::record).toList();
                publisher.publishAsIs(topic.topic(), first);
            }
        }
    }

    private static List<Held> records(Site site) {
        List<Held> records = new ArrayList<>();
        for (Topic<?> topic : RegistryArchive.TOPICS) {
            try (TopicLog log = new TopicLog(site.connection(), List.of(topic.name()))) {
                log.readToEnd(record -> records.add(held(record)));
            }
        }
        return records;
    }

    private static Held held(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder headers = new StringBuilder();
        record.headers().forEach(header -> headers.append(header.key())
                .append('=')
                .append(HexFormat.of().formatHex(header.value()))
                .append(' '));
        return new Held(
                record.topic(),
                new String(record.key()),
                headers + HexFormat.of().formatHex(record.value()));
    }

    private static List<Held> newest(List<Held> records) {
        Map<List<String>, Held> newest = new LinkedHashMap<>();
        records.forEach(record -> {
            List<String> key = List.of(record.topic(), record.key());
            newest.remove(key);
            newest.put(key, record);
        });
        return List.copyOf(newest.values());
    }

    private static void damage(Reference model) throws IOException {
        Path weights = Path.of(model.uri()).resolve(ModelWeights.FILE);
        byte[] bytes = Files.readAllBytes(weights);
        byte[] changed = Arrays.copyOf(bytes, bytes.length);
        changed[bytes.length - 1] ^= 1;
        Files.write(weights, changed);
    }
}
