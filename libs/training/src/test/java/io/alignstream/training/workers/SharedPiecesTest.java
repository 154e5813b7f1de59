package io.alignstream.training.workers;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.training.testing.CollectiveLibraryOfBuild;
import io.alignstream.training.testing.WorkerThreads;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pieces of a step that workers share, each a thread, over real process groups. */
class SharedPiecesTest {

    private static final int SHARDS = 4;
    private static final int WORKERS = 3;
    private static final int PIECES = 8;
    private static final long STEP = 7;

    /** Bytes as they are. */
    private static final SharedPieces.Form<byte[]> FORM = new SharedPieces.Form<>() {
        @Override
        public byte[] bytes(byte[] piece) {
            return piece;
        }

        @Override
        public byte[] piece(byte[] bytes) {
            return bytes;
        }
    };

    /** What was done, by whoever did it. */
    private final List<Integer> done = Collections.synchronizedList(new ArrayList<>());

    @BeforeAll
    static void library() {
        CollectiveLibraryOfBuild.use();
    }

    @Test
    void each_piece_is_done_by_one_worker_and_all_have_all_bytes_of_it() throws Exception {
        // Given
        List<List<byte[]>> results = Collections.synchronizedList(new ArrayList<>());

        // When
        WorkerThreads.work(WORKERS, SHARDS, (worker, group) -> {
            results.add(all(group, new SharedPieces<>(group, FORM)));
        });

        // Then
        assertThat(done).hasSize(PIECES).doesNotHaveDuplicates();
        assertThat(results).hasSize(WORKERS).allSatisfy(SharedPiecesTest::assertComplete);
    }

    @Test
    void only_what_a_dead_worker_has_not_sent_is_done_again() throws Exception {
        // Given
        List<List<byte[]>> results = Collections.synchronizedList(new ArrayList<>());

        // When: a worker has done its pieces and dies before it sends them
        WorkerThreads.work(WORKERS, SHARDS, (worker, group) -> {
            AtomicInteger sums = new AtomicInteger();
            Workers workers = worker == 1 ? WorkerThreads.dying(group, added -> sums.incrementAndGet() == 2) : group;
            results.add(all(workers, new SharedPieces<>(workers, FORM)));
        });

        // Then
        List<Integer> twice = IntStream.range(0, PIECES)
                .filter(piece -> Collections.frequency(done, piece) == 2)
                .boxed()
                .toList();
        assertThat(twice).isNotEmpty().hasSizeLessThanOrEqualTo(PIECES / WORKERS + 1);
        assertThat(done).hasSize(PIECES + twice.size());
        assertThat(results).hasSize(WORKERS - 1).allSatisfy(SharedPiecesTest::assertComplete);
    }

    @Test
    void who_knows_nothing_is_sent_everything() throws Exception {
        // Given
        List<List<byte[]>> results = Collections.synchronizedList(new ArrayList<>());

        // When: one of those that have them all has forgotten it, as who is sent the leader's state does
        WorkerThreads.work(WORKERS, SHARDS, (worker, group) -> {
            SharedPieces<byte[]> pieces = new SharedPieces<>(group, FORM);
            all(group, pieces);
            SharedPieces<byte[]> again = worker == 2 ? new SharedPieces<>(group, FORM) : pieces;
            results.add(again.of(STEP, PIECES, this::work));
        });

        // Then
        assertThat(done).hasSize(PIECES);
        assertThat(results).hasSize(WORKERS).allSatisfy(SharedPiecesTest::assertComplete);
    }

    @Test
    void another_step_has_pieces_of_its_own() {
        // Given
        SharedPieces<byte[]> pieces = new SharedPieces<>(Workers.alone(SHARDS), FORM);
        pieces.of(1, PIECES, this::work);

        // When
        List<byte[]> next = pieces.of(2, PIECES, this::work);

        // Then
        assertThat(done).hasSize(2 * PIECES);
        assertComplete(next);
    }

    /** Until it succeeds, as a trainer does. */
    private List<byte[]> all(Workers workers, SharedPieces<byte[]> pieces) {
        while (true) {
            workers.meet(Standing.NOTHING, () -> false);
            try {
                return pieces.of(STEP, PIECES, this::work);
            } catch (WorkersChangedException e) {
                // they meet again
            }
        }
    }

    private List<byte[]> work(List<Integer> numbers) {
        done.addAll(numbers);
        return numbers.stream().map(SharedPiecesTest::piece).toList();
    }

    private static byte[] piece(int number) {
        byte[] bytes = new byte[37 * number];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (255 - i - number);
        }
        return bytes;
    }

    private static void assertComplete(List<byte[]> pieces) {
        assertThat(pieces).hasSize(PIECES);
        for (int number = 0; number < PIECES; number++) {
            assertThat(pieces.get(number)).isEqualTo(piece(number));
        }
    }
}
