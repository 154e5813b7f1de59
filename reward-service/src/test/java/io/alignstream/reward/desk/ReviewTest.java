package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.stageruntime.kept.KeptState;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ReviewTest {

    private static final int ANSWERS = 9;

    private final KeptState kept = KeptState.temporary();
    private final RankingDesk desk = new RankingDesk(5, Duration.ofMinutes(10), 0, InstantSource.system(), kept);
    private final Random random = new Random(1);
    private Instant now = Instant.EPOCH;

    /** As much as a review looks at: half a minute if every resample sorted all places anew. */
    @AfterEach
    void closeState() {
        kept.close();
    }

    @Test
    @Timeout(value = 15, unit = TimeUnit.SECONDS)
    void aFullReviewTakesNoReviewersPatience() throws Exception {
        // Given
        for (int i = 0; i < RankingDesk.MAX_COMPARED; i++) {
            desk.add(request("q" + i));
            for (int annotator = 0; annotator < 5; annotator++) {
                rank("q" + i, "annotator-" + annotator, 5L * i + annotator);
            }
        }

        // When
        Review review = Review.of(desk);

        // Then
        assertThat(review.agreement().requests()).isEqualTo(RankingDesk.MAX_COMPARED);
        assertThat(review.tags()).hasSize(10).allMatch(tag -> tag.interval().isPresent());
    }

    @Test
    void whatIsRecentIsFoundOutOnce() {
        // Given
        AtomicInteger times = new AtomicInteger();
        Recent<Integer> recent = new Recent<>(times::incrementAndGet, Duration.ofSeconds(3), () -> now);

        // When
        List<Integer> found = IntStream.range(0, 6)
                .mapToObj(i -> {
                    now = now.plusSeconds(1);
                    return recent.get();
                })
                .toList();

        // Then
        assertThat(found).containsExactly(1, 1, 1, 2, 2, 2);
    }

    private RankingRequest request(String id) {
        Map<String, String> tags = IntStream.range(0, 5)
                .boxed()
                .collect(Collectors.toMap(tag -> "tag" + tag, tag -> "v" + random.nextInt(2)));
        return new RankingRequest(
                id,
                List.of(Message.user("q " + id)),
                IntStream.range(0, ANSWERS).mapToObj(i -> "answer " + i).toList(),
                null,
                tags);
    }

    private void rank(String id, String annotator, long offset) throws PoisonEventException {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, ANSWERS).boxed().toList());
        Collections.shuffle(order, random);
        desk.add(
                new Ranking(id, annotator, order.stream().map(List::of).toList(), List.of(), List.of(), "v1"),
                new At(offset));
    }
}
