package io.alignstream.stageruntime.letters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.replay.Letter;
import io.alignstream.contracts.replay.Replay;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.letters.DeadLetters.PoisonEvent;
import io.alignstream.stageruntime.letters.DeadLetters.Replayed;
import io.alignstream.stageruntime.letters.DeadLetters.Way;
import io.alignstream.stageruntime.metrics.Meters;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is remembered, apart from what the service itself remembers. */
@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
class DeadLettersTest {

    private static final int REMEMBERED = 100;
    private static final long NOWHERE = 1_000_000_000;

    @Inject
    EventPublisher publisher;

    @Inject
    StageDefinition definition;

    @Inject
    Meters meters;

    @Inject
    KafkaReaders readers;

    private final KeptState state = KeptState.temporary();

    @AfterEach
    void close() {
        state.close();
    }

    @Test
    void whatCannotBeShownStopsNothing() {
        // Given
        DeadLetters letters = letters(readers);
        state.close();

        // When, then
        assertThatCode(() -> remember(letters, Topic.PROMPTS, 1)).doesNotThrowAnyException();
    }

    @Test
    void oneThatIsReadAgainTakesNoOthersPlace() {
        // Given
        DeadLetters letters = letters(readers);
        for (int offset = 0; offset < REMEMBERED; offset++) {
            remember(letters, Topic.PROMPTS, offset);
        }

        // When
        remember(letters, Topic.PROMPTS, 50);

        // Then
        assertThat(letters.recent())
                .hasSize(REMEMBERED)
                .extracting(PoisonEvent::offset)
                .startsWith(50L, 99L, 98L)
                .endsWith(1L, 0L);
    }

    @Test
    void theOldestGivesWayAlsoAfterARestart() {
        // Given
        DeadLetters before = letters(readers);
        for (int offset = 0; offset < REMEMBERED; offset++) {
            remember(before, Topic.PROMPTS, offset);
        }
        DeadLetters letters = letters(readers);

        // When
        remember(letters, Topic.PROMPTS, REMEMBERED);

        // Then
        assertThat(letters.recent())
                .hasSize(REMEMBERED)
                .extracting(PoisonEvent::offset)
                .startsWith(100L, 99L)
                .endsWith(2L, 1L);
    }

    @Test
    void whatIsGoneIsSettled() {
        // Given
        DeadLetters letters = letters(readers);
        remember(letters, Topic.PROMPTS, NOWHERE);

        // When
        Replayed outcome = letters.replay(letters.recent());

        // Then
        assertThat(outcome).isEqualTo(new Replayed(0, 0, 1, 0));
        assertThat(letters.recent()).singleElement().satisfies(event -> {
            assertThat(event.replayed()).isTrue();
            assertThat(letters.original(event)).isEmpty();
        });
    }

    @Test
    void aSilentBrokerIsNotTakenForALostRecord() {
        // Given
        DeadLetters letters = letters(new KafkaReaders(Map.of("bootstrap.servers", "localhost:1")));
        remember(letters, Topic.PROMPTS, 0);
        PoisonEvent event = letters.recent().getFirst();

        // When, then
        assertThatThrownBy(() -> letters.value(event)).isInstanceOf(KafkaException.class);
    }

    @Test
    void whereTheOrderOfAllRecordsCountsNobodyReplays() {
        // Given
        DeadLetters letters = letters(readers);
        for (Topic<?> topic : Topic.ALL) {
            remember(letters, topic, NOWHERE);
        }

        // When
        var ways = letters.recent();

        // Then: the stage may write checkpoints
        assertThat(ways)
                .filteredOn(event -> event.replay() == Way.COMMAND)
                .extracting(PoisonEvent::topic)
                .containsExactlyInAnyOrder(
                        "documents",
                        "clean-documents",
                        "instructions",
                        "prompts",
                        "ranking-requests",
                        "rankings",
                        "feedback",
                        "shadow-answers");
        assertThat(ways).extracting(PoisonEvent::replay).doesNotContain(Way.HERE);
    }

    private DeadLetters letters(KafkaReaders from) {
        return new DeadLetters(publisher, definition, meters, from, state);
    }

    private static void remember(DeadLetters letters, Topic<?> topic, long offset) {
        letters.remember(
                new Letter(new Replay.Place(topic.name(), 0, offset), Letter.fingerprint(null, new byte[] {1})),
                null,
                0,
                new IllegalStateException("poison"));
    }
}
