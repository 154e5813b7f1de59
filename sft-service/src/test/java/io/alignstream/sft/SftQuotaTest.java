package io.alignstream.sft;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.stageruntime.testing.FreshStore;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** One run after the other in a store that has room for a few models only. */
@QuarkusTest
@QuarkusTestResource(
        value = KafkaBroker.class,
        restrictToAnnotatedClass = true,
        initArgs = @ResourceArg(name = "fresh", value = "true"))
@TestProfile(SftQuotaTest.Narrow.class)
class SftQuotaTest {

    private static final int RUNS = 10;
    private static final long QUOTA_MEBIBYTES = 2;

    /** One step for each run, nothing kept but the newest model and what is served. */
    public static final class Narrow implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = FreshStore.settings();
            settings.put("alignstream.sft.epochs", "1");
            settings.put("alignstream.sft.batch-instructions", "8");
            settings.put("alignstream.sft.debounce", "PT0.5S");
            settings.put("alignstream.sft.minimum-instructions", "1");
            settings.put("alignstream.sft.new-instructions", "1");
            settings.put("alignstream.store.quota-mebibytes", Long.toString(QUOTA_MEBIBYTES));
            settings.put("alignstream.store.retention.models", "1");
            settings.put("alignstream.store.retention.releases", "1");
            settings.put("alignstream.store.retention.grace", "PT0S");
            return settings;
        }
    }

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String broker;

    @Inject
    CheckpointStore store;

    @Test
    void tenRunsKeepWorkingAndServingBelowAQuota() throws IOException {
        // Given
        try (TopicProbe topics = new TopicProbe(broker)) {
            TinyInstructions.all().forEach(instruction -> topics.publish(Topic.INSTRUCTIONS, instruction));
            publishBase(topics); // last: one run learns all of them
            Checkpoint served = model(topics, 1);
            topics.publish(
                    Topic.MODEL_RELEASES,
                    new ModelRelease(
                            "alignstream",
                            ModelRelease.Verdict.APPROVED,
                            served.reference(),
                            served.run(),
                            Map.of(),
                            "reads well"));

            // When
            for (int run = 2; run <= RUNS; run++) {
                topics.publish(
                        Topic.INSTRUCTIONS,
                        new Instruction("new-" + run, List.of(Message.user("哪里好玩")), List.of("外滩 " + run), Map.of()));
                model(topics, run);
            }

            // Then
            List<Checkpoint> models = topics.events(Topic.CHECKPOINTS).stream()
                    .filter(checkpoint -> checkpoint.stage() == Stage.SFT)
                    .toList();
            assertThat(models).hasSize(RUNS);
            for (Checkpoint kept : List.of(served, models.getLast())) {
                Transformer.load(store.open(kept.reference()).folder()).close();
            }
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> store.removed(models.get(RUNS - 2).reference()).isPresent());
            for (Checkpoint model : models) {
                assertThat(store.manifest(model.reference()).datasets()).isEqualTo(model.datasets());
            }
            long written =
                    models.stream().mapToLong(model -> model.reference().size()).sum();
            assertThat(written).isGreaterThan(QUOTA_MEBIBYTES << 20);
            assertThat(store.used()).isLessThanOrEqualTo(QUOTA_MEBIBYTES << 20);
            assertThat(given().get("/store").jsonPath().getLong("freed")).isPositive();
        }
    }

    private Checkpoint model(TopicProbe topics, int count) {
        await().atMost(Duration.ofMinutes(2))
                .until(() -> topics.events(Topic.CHECKPOINTS).size() == count + 1);
        return topics.events(Topic.CHECKPOINTS).getLast();
    }

    private void publishBase(TopicProbe topics) throws IOException {
        Reference reference =
                store.save(Manifest.draft(Stage.PRETRAIN, "tiny", 1).withComplete(true), TinyInstructions::writeBase);
        topics.publish(
                Topic.CHECKPOINTS, new Checkpoint(Stage.PRETRAIN, "tiny", 1, reference, Map.of(), List.of(), Map.of()));
    }
}
