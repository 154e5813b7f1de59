package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.stageruntime.metrics.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a model takes that gets no more requests but still answers. */
class DroppedModelTest {

    private final Releases releases = new Releases();
    private final ServedModel served = new ServedModel(
            new SmallService(1, 1, 1, new SmallService.Trial(Duration.ZERO, 0)),
            releases,
            Meters.of(new SimpleMeterRegistry(), "inference"));

    @Test
    void itCountsUntilItsLastAnswerHasEnded() {
        // Given: an answer is being written by the model that was served before
        LoadedModel old = serve("one");
        long one = served.bytes();
        LoadedModel answering = old.share();
        serve("two");
        long both = served.bytes();

        // When
        answering.giveBack();

        // Then
        assertThat(both).isEqualTo(2 * one);
        assertThat(served.bytes()).isEqualTo(one);
        assertThat(old.freed()).isTrue();
        served.withdraw();
    }

    @Test
    void whoNeedsItsRoomWaitsForIt() {
        // Given
        LoadedModel answering = serve("one").share();
        long one = served.bytes();
        serve("two");
        AtomicInteger looks = new AtomicInteger();

        // When
        served.awaitRoom(() -> {
            if (looks.incrementAndGet() == 3) {
                answering.giveBack();
            }
            return served.bytes() == one;
        });

        // Then
        assertThat(looks).hasValue(3);
        served.withdraw();
    }

    /** What does not fit although nothing will go is not waited for. */
    @Test
    void whereNothingLeavesNobodyWaits() {
        // Given
        serve("one");
        AtomicInteger looks = new AtomicInteger();

        // When
        served.awaitRoom(() -> looks.incrementAndGet() > 1);

        // Then
        assertThat(looks).hasValue(1);
        served.withdraw();
    }

    private LoadedModel serve(String run) {
        String sha256 = "%08x".formatted(run.hashCode()).repeat(8);
        ModelRelease release = new ModelRelease(
                "alignstream",
                ModelRelease.Verdict.APPROVED,
                new Reference(URI.create("file:/store/" + run), sha256, 1),
                run,
                Map.of(),
                "for the test");
        VersionsTest.publish(releases, release, Instant.now());
        try (Transformer network =
                Transformer.initialise(TransformerConfig.of(TinyModel.TOKENIZER.vocabularySize(), 1, 16, 64), 1)) {
            LoadedModel model = new LoadedModel(
                    release, new PreparedWeights(network), TinyModel.TOKENIZER, new Engine.Capacity(1, 64, 64));
            served.swap(model);
            return model;
        }
    }
}
