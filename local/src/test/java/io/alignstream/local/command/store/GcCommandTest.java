package io.alignstream.local.command.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.broker.SharedBroker;
import io.alignstream.local.pipeline.PublishedRegistry;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.site.Site;
import io.alignstream.training.retention.Registry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GcCommandTest {

    private final Site shared = SharedBroker.site();
    private final RecordingConsole console = new RecordingConsole();
    private final GcCommand command = new GcCommand();
    private final String mine = UUID.randomUUID().toString().substring(0, 8);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Site site;

    @SuppressWarnings("NullAway.Init")
    private Reference old;

    @SuppressWarnings("NullAway.Init")
    private Reference newest;

    @BeforeEach
    void publishTwoModels() throws IOException {
        site = new Site(folder, shared.portBase(), 1, List.of("-Dalignstream.store.retention.models=1"));
        try (CheckpointStore store = store();
                Publisher publisher = new Publisher(shared.connection())) {
            old = finished(store, publisher, "a-" + mine);
            newest = finished(store, publisher, "b-" + mine);
        }
    }

    @Test
    void aLookShowsWhatCouldGoAndChangesNothing() throws IOException {
        // When
        GcCommand.Report report = run();

        // Then
        assertThat(report.found()).singleElement().satisfies(found -> {
            assertThat(found.run()).isEqualTo("a-" + mine);
            assertThat(found.what()).isEqualTo("model");
            assertThat(found.bytes()).isEqualTo(1_000);
        });
        assertThat(console.lines())
                .anyMatch(line -> line.contains("a-" + mine) && line.contains("newer models have taken its place"))
                .last()
                .asString()
                .startsWith("nothing was changed");
        assertThat(removed(old)).isFalse();
    }

    @Test
    void whatIsDueIsDeletedWhenAskedTo() throws IOException {
        // Given
        command.delete = true;
        run(); // its grace begins
        boolean before = removed(old);
        command.grace = Duration.ZERO;

        // When
        GcCommand.Report report = run();

        // Then
        assertThat(before).isFalse();
        assertThat(report.freed()).isEqualTo(1_000);
        assertThat(removed(old)).isTrue();
        assertThat(removed(newest)).isFalse();
    }

    @Test
    void poisonUnderTheNameOfAModelTakesNothingFromIt() throws Exception {
        // Given
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                shared.connection().settings(), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(
                            Topic.CHECKPOINTS.name(),
                            ("sft/b-" + mine).getBytes(StandardCharsets.UTF_8),
                            "no event".getBytes(StandardCharsets.UTF_8)))
                    .get();
        }

        // When
        GcCommand.Report report = run();

        // Then
        assertThat(report.found()).extracting(GcCommand.Found::run).containsExactly("a-" + mine);
    }

    /** Of all that other tests have published to the broker, too. */
    private GcCommand.Report run() throws IOException {
        Registry all = PublishedRegistry.read(shared.connection());
        Registry own = new Registry(
                all.checkpoints().stream()
                        .filter(checkpoint -> checkpoint.run().endsWith(mine))
                        .toList(),
                List.of());
        return command.run(new SiteSettings(site, Map.of()), () -> own, console.console());
    }

    private static Reference finished(CheckpointStore store, Publisher publisher, String run) throws IOException {
        Reference reference = store.save(
                Manifest.draft(Stage.SFT, run, 1).withComplete(true),
                files -> Files.write(files.resolve("model"), new byte[1_000]));
        publisher.publishAgain(
                Topic.CHECKPOINTS, new Checkpoint(Stage.SFT, run, 1, reference, Map.of(), List.of(), Map.of()));
        return reference;
    }

    private boolean removed(Reference reference) throws IOException {
        try (CheckpointStore store = store()) {
            return store.removed(reference).isPresent();
        }
    }

    private CheckpointStore store() throws IOException {
        return CheckpointStore.open(site.store().toUri(), site.storeCache());
    }
}
