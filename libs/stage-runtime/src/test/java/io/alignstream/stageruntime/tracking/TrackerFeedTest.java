package io.alignstream.stageruntime.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.stageruntime.RunRecord;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TrackerFeedTest {

    private final Counter lost = new SimpleMeterRegistry().counter("lost");
    private final List<Told> heard = new CopyOnWriteArrayList<>();
    private final AtomicInteger attempts = new AtomicInteger();

    private Told.Step step(long number) {
        return new Told.Step(
                new TrainingProgress(Stage.SFT, "run", "train", number, number, 0, Map.of("loss", 1.0)), Instant.EPOCH);
    }

    private Told.Ended ended() {
        return new Told.Ended(Stage.SFT, "run", RunRecord.Outcome.FINISHED, Instant.EPOCH);
    }

    @FunctionalInterface
    private interface Answer {
        void to(List<Told> news) throws IOException, InterruptedException;
    }

    private TrackerFeed feed(Answer answer) {
        Tracker tracker = new Tracker() {
            @Override
            public String name() {
                return "tool";
            }

            @Override
            public void tell(List<Told> news) throws IOException, InterruptedException {
                attempts.incrementAndGet();
                answer.to(news);
                heard.addAll(news);
            }

            @Override
            public void close() {}
        };
        return new TrackerFeed(tracker, lost, Duration.ofMillis(1), Duration.ofMillis(2));
    }

    @Test
    void whatAToolMissedWhileItWasAwayItIsToldInOrder() {
        // Given
        try (TrackerFeed feed = feed(news -> {
            if (attempts.get() < 20) {
                throw new IOException("connection refused");
            }
        })) {
            // When
            LongStream.rangeClosed(1, 100).forEach(number -> feed.offer(step(number)));
            feed.offer(ended());

            // Then
            await().until(() -> heard.size() == 101);
        }
        assertThat(heard.subList(0, 100))
                .isEqualTo(LongStream.rangeClosed(1, 100).mapToObj(this::step).toList());
        assertThat(lost.count()).isZero();
    }

    @Test
    void ofAToolThatStaysAwayTheFirstStepsAndAllEndsWait() throws InterruptedException {
        // Given
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch back = new CountDownLatch(1);
        try (TrackerFeed feed = feed(news -> {
            asked.countDown();
            back.await();
        })) {
            feed.offer(step(0));
            asked.await();

            // When
            LongStream.rangeClosed(1, 20_000).forEach(number -> feed.offer(step(number)));
            feed.offer(ended());
            double missing = lost.count();
            back.countDown();

            // Then
            int places = TrackerFeed.MOST_WAITING - TrackerFeed.FOR_OTHERS;
            assertThat(missing).isEqualTo(20_000 - places);
            await().until(() -> heard.size() == places + 2);
        }
        assertThat(heard.getLast()).isEqualTo(ended());
    }

    @Test
    void whatIsRefusedForGoodIsCountedAndWhatComesNextIsTold() {
        // Given
        try (TrackerFeed feed = feed(news -> {
            if (news.getFirst().equals(step(1))) {
                throw new Tracker.RefusedException("no such experiment");
            }
        })) {
            // When
            feed.offer(step(1));
            await().until(() -> lost.count() > 0);
            feed.offer(step(2));

            // Then
            await().until(() -> heard.equals(List.of(step(2))));
        }
        assertThat(lost.count()).isEqualTo(1);
    }
}
