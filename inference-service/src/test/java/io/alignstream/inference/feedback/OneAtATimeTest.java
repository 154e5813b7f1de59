package io.alignstream.inference.feedback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OneAtATimeTest {

    private final OneAtATime turns = new OneAtATime();

    @Test
    void whatConcernsOthersRunsMeanwhile() throws Exception {
        // Given: each goes on only when the other one runs, too
        CyclicBarrier both = new CyclicBarrier(2);

        // When
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = List.of("one", "other").stream()
                    .<Future<?>>map(key -> threads.submit(() -> turns.run(key, () -> await(both))))
                    .toList();
            for (Future<?> each : running) {
                each.get(1, TimeUnit.MINUTES);
            }
        }

        // Then
        assertThat(both.isBroken()).isFalse();
        assertThat(turns.remembered()).isZero();
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(1, TimeUnit.MINUTES);
        } catch (Exception e) {
            throw new IllegalStateException("the other one does not run", e);
        }
    }

    @Test
    void whatConcernsTheSameDoesNot() throws Exception {
        // Given
        int[] counted = {0};
        CountDownLatch start = new CountDownLatch(1);

        // When: a number that is read and written in two steps
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<? extends Future<?>> running = IntStream.range(0, 8)
                    .mapToObj(thread -> threads.submit(() -> {
                        start.await();
                        for (int i = 0; i < 1_000; i++) {
                            turns.run("one", () -> counted[0]++);
                        }
                        return null;
                    }))
                    .toList();
            start.countDown();
            for (Future<?> each : running) {
                each.get(1, TimeUnit.MINUTES);
            }
        }

        // Then
        assertThat(counted[0]).isEqualTo(8_000);
        assertThat(turns.remembered()).isZero();
    }

    @Test
    void whatFailsKeepsNobodyOut() {
        // When
        assertThatThrownBy(() -> turns.run("one", () -> {
                    throw new IllegalStateException("no broker");
                }))
                .hasMessage("no broker");

        // Then
        assertThat(turns.remembered()).isZero();
        int[] ran = {0};
        turns.run("one", () -> ran[0]++);
        assertThat(ran[0]).isEqualTo(1);
    }
}
