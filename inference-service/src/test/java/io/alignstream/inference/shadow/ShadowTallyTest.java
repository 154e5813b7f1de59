package io.alignstream.inference.shadow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.ShadowAnswer;
import io.alignstream.stageruntime.Origin;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShadowTallyTest {

    private static final String STABLE = "ab".repeat(32);
    private static final String TRIAL = "cd".repeat(32);

    private final ShadowTally tally = new ShadowTally();

    @Test
    void tiesCountHalfAndTheIntervalIsWilsons() {
        // Given
        take(answer("better", "a").judged(judgement(0, 1)));
        take(answer("tie", "a").judged(judgement(1, 1)));
        take(answer("worse", "a").judged(judgement(2, 1)));
        take(answer("better still", "a").judged(judgement(0, 3)));
        take(answer("waits", "a"));

        // When
        List<ShadowTally.Comparison> comparisons = tally.comparisons();

        // Then
        assertThat(comparisons).singleElement().satisfies(one -> {
            assertThat(one.served()).isEqualTo(STABLE);
            assertThat(one.shadow()).isEqualTo(TRIAL);
            assertThat(one.judged()).isEqualTo(4);
            assertThat(one.waiting()).isEqualTo(1);
            assertThat(one.winRate()).isEqualTo(0.625);
            // (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) of p = 0.625, n = 4, z = 1.96
            assertThat(one.low()).isCloseTo(0.2194, within(1e-4));
            assertThat(one.high()).isCloseTo(0.9081, within(1e-4));
            assertThat(one.servedScore()).isEqualTo(0.75);
            assertThat(one.shadowScore()).isEqualTo(1.5);
        });
    }

    @Test
    void aJudgementEndsTheWaitAndComesOnce() {
        // Given
        take(answer("one", "a"));
        take(answer("one", "a").judged(judgement(0, 1)));

        // When: another instance has judged it, too
        take(answer("one", "a"));
        take(answer("one", "a").judged(judgement(0, 1)));

        // Then
        assertThat(tally.waiting(TRIAL)).isEmpty();
        assertThat(tally.comparisons()).singleElement().satisfies(one -> assertThat(one.judged())
                .isEqualTo(1));
        assertThat(tally.newest()).hasSize(1);
    }

    @Test
    void ofTooManyTheOldestAreNotJudgedAndCounted() {
        // When
        for (int i = 0; i < ShadowTally.MOST_WAITING + 3; i++) {
            take(answer("response-" + i, "a"));
        }

        // Then
        assertThat(tally.waiting(TRIAL)).hasSize(ShadowTally.MOST_WAITING);
        assertThat(tally.waiting(TRIAL).getFirst().responseId()).isEqualTo("response-3");
        assertThat(tally.comparisons()).singleElement().satisfies(one -> assertThat(one.notJudged())
                .isEqualTo(3));
    }

    @Test
    void longAnswersTakeTheRoomOfMany() {
        // Given
        String longest = "x".repeat(Message.MAX_CONTENT);
        int fitting = (int) (ShadowTally.MOST_CHARACTERS / (longest.length() + "a?".length()));

        // When
        for (int i = 0; i < fitting + 1; i++) {
            take(answer("response-" + i, longest));
        }

        // Then
        assertThat(tally.waiting(TRIAL)).hasSizeBetween(fitting - 1, fitting);
    }

    private void take(ShadowAnswer answer) {
        tally.handle(answer, new At(answer.responseId()));
    }

    private static ShadowAnswer answer(String id, String text) {
        return new ShadowAnswer(
                id,
                List.of(Message.user("?")),
                new ShadowAnswer.Answer(STABLE, "a", false),
                new ShadowAnswer.Answer(TRIAL, text, false));
    }

    private static ShadowAnswer.Judgement judgement(double served, double shadow) {
        return new ShadowAnswer.Judgement("ef".repeat(32), served, shadow);
    }

    private record At(String id) implements Origin {

        @Override
        public Optional<String> key() {
            return Optional.of(id);
        }

        @Override
        public int partition() {
            return 0;
        }

        @Override
        public long offset() {
            return 0;
        }

        @Override
        public Optional<String> header(String name) {
            return Optional.empty();
        }
    }
}
