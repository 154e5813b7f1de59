package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.stageruntime.kept.KeptState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A desk that goes on from what it kept is the desk that reads the topics anew. */
class KeptDeskTest {

    private static final Duration LEASE = Duration.ofMinutes(10);
    private static final int PEOPLE = 6;

    @TempDir
    Path folder;

    private final Random random = new Random(5);
    private long offset;

    /** What the topics say, in their order. */
    private final List<Consumer<RankingDesk>> events = new ArrayList<>();

    private record Seen(
            RankingDesk.Progress progress,
            int unlearned,
            List<Integer> remaining,
            List<Optional<String>> next,
            List<RankingDesk.Fate> fates,
            List<RankingDesk.Judged> shared,
            List<RankingDesk.Judged> gold) {}

    @Test
    void aRestartSeesWhatReadingAnewSees() {
        // Given
        List<Seen> restarted = new ArrayList<>();
        List<Seen> anew = new ArrayList<>();

        // When: whoever has a request in hand when the service ends, has it no more
        for (int life = 0; life < 8; life++) {
            restarted.add(live());
            try (KeptState state = KeptState.temporary()) {
                RankingDesk desk = desk(state);
                events.forEach(event -> event.accept(desk));
                anew.add(seen(desk));
            }
        }

        // Then
        assertThat(restarted).isEqualTo(anew);
        assertThat(anew.getLast().shared()).isNotEmpty();
        assertThat(anew.getLast().gold()).isNotEmpty();
    }

    /** Reads some events, lets people work, keeps it at some moment and ends; then what a restart sees. */
    private Seen live() {
        try (KeptState state = KeptState.in(folder)) {
            RankingDesk desk = desk(state);
            for (int i = 0; i < 150; i++) {
                Consumer<RankingDesk> event = event();
                events.add(event);
                event.accept(desk);
                if (random.nextInt(4) == 0) {
                    work(desk, person(random.nextInt(PEOPLE)));
                }
                if (random.nextInt(40) == 0) {
                    desk.save();
                    state.commit();
                }
            }
            desk.save();
            state.commit();
        }
        try (KeptState state = KeptState.in(folder)) {
            return seen(desk(state));
        }
    }

    private static void work(RankingDesk desk, String person) {
        desk.next(person).ifPresent(request -> {
            if (request.requestId().hashCode() % 2 == 0) {
                desk.receive(ranking(request.requestId(), person, 3), false); // and it never reaches the topic
            }
        });
    }

    private static RankingDesk desk(KeptState state) {
        RankingDesk desk = new RankingDesk(2, LEASE, 0.2, () -> Instant.EPOCH, state);
        desk.restore();
        return desk;
    }

    private Consumer<RankingDesk> event() {
        String id = "q" + random.nextInt(60);
        String person = person(random.nextInt(PEOPLE));
        long place = offset++;
        RankingRequest request = request(id, random.nextInt(8) == 0, random.nextInt(5));
        int answers = random.nextInt(12) == 0 ? 2 : 3;
        return switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> desk -> desk.add(request);
            case 4 -> desk -> desk.withdrawRequest(id);
            case 5 -> desk -> desk.withdrawRanking(id + "/" + person);
            case 6 -> desk -> offer(desk, abstention(id, person), place);
            default -> desk -> offer(desk, ranking(id, person, answers), place);
        };
    }

    private static void offer(RankingDesk desk, Ranking ranking, long offset) {
        try {
            desk.add(ranking, new At(offset));
        } catch (PoisonEventException e) {
            // The reader sends it to the dead letters; of an unknown request it may count later.
        }
    }

    private static String person(int number) {
        return number == 0 ? RankingDesk.SIMULATED + "1" : "person-" + number;
    }

    private static Seen seen(RankingDesk desk) {
        desk.await(new RankingDesk.Training(
                List.of(new DatasetSnapshot("rankings", List.of(new PartitionRange(0, 0, 200)))),
                5,
                OptionalDouble.empty()));
        List<RankingDesk.Fate> fates =
                IntStream.range(0, 60).mapToObj(i -> desk.fate("q" + i)).toList();
        List<Integer> remaining = IntStream.range(0, PEOPLE)
                .mapToObj(i -> desk.remaining(person(i)))
                .toList();
        List<RankingDesk.Judged> shared = desk.shared();
        List<RankingDesk.Judged> gold = desk.gold();
        List<Optional<String>> next = IntStream.range(0, PEOPLE)
                .mapToObj(i -> desk.next(person(i)).map(RankingRequest::requestId))
                .toList();
        return new Seen(
                desk.progress(),
                desk.rankingsBesides(List.of(new DatasetSnapshot("rankings", List.of(new PartitionRange(0, 0, 100))))),
                remaining,
                next,
                fates,
                shared,
                gold);
    }

    private static RankingRequest request(String id, boolean gold, int variant) {
        return new RankingRequest(
                id,
                List.of(Message.user("question " + variant)),
                List.of("a", "b", variant == 0 ? "a" : "c"),
                null,
                gold ? Map.of(RankingRequest.GOLD, "1>0>2") : Map.of());
    }

    private static Ranking ranking(String requestId, String annotator, int answers) {
        return new Ranking(
                requestId,
                annotator,
                IntStream.range(0, answers).mapToObj(List::of).toList(),
                List.of(),
                List.of(),
                "v1");
    }

    private static Ranking abstention(String requestId, String annotator) {
        return Ranking.abstained(
                requestId, annotator, "v1", new Ranking.Abstention(Ranking.Abstention.Cause.LANGUAGE, ""));
    }
}
