package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.stageruntime.kept.KeptState;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However much was asked and ranked: a process with a small heap takes it in, gives out work, and goes on after a restart. */
class SmallHeapDeskTest {

    private static final int HEAP = 40 << 20;
    private static final int REQUESTS = 42_000;
    /** Of one answer. */
    private static final int CHARACTERS = 1_000;

    private static final int COMMIT_EVERY = 5_000;

    @TempDir
    private Path folder;

    @Test
    void requestsThatAreLargerThanTheHeapAreRankedInIt() throws Exception {
        // Given
        assertThat(2L * REQUESTS * CHARACTERS).isGreaterThan(2L * HEAP);
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + HEAP,
                        "-XX:MaxDirectMemorySize=1m",
                        "-XX:+UseSerialGC",
                        "-XX:+ExitOnOutOfMemoryError",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        SmallHeapDeskTest.class.getName(),
                        folder.resolve("views").toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();

        // When
        boolean ended = process.waitFor(3, TimeUnit.MINUTES);
        process.destroyForcibly();

        // Then
        assertThat(Files.readString(log, StandardCharsets.UTF_8))
                .contains("%d ranked, %d left".formatted(REQUESTS / 2, REQUESTS - REQUESTS / 2));
        assertThat(ended && process.exitValue() == 0).isTrue();
    }

    /** What the process does: ranks half of the requests, ends, and says what a restart in {@code arguments[0]} knows. */
    public static void main(String[] arguments) throws PoisonEventException {
        Path views = Path.of(arguments[0]);
        try (KeptState state = KeptState.in(views)) {
            RankingDesk desk = desk(state);
            String answer = "x".repeat(CHARACTERS - 1);
            for (int event = 0; event < REQUESTS; event++) {
                desk.add(new RankingRequest(
                        "q" + event,
                        List.of(Message.user("Question " + event)),
                        List.of(answer + "a", answer + "b"),
                        null,
                        Map.of()));
                if (event % 2 == 1) {
                    desk.add(ranking("q" + event), new At(event));
                }
                if (event % COMMIT_EVERY == 0) { // as the reader does it
                    desk.save();
                    state.commit();
                }
            }
            desk.save();
            state.commit();
        }
        try (KeptState state = KeptState.in(views)) {
            RankingDesk desk = desk(state);
            String given = desk.next("bob").orElseThrow().requestId();
            System.out.println(given + " is next, " + desk.rankings() + " ranked, " + desk.remaining("bob") + " left");
        }
    }

    private static RankingDesk desk(KeptState state) {
        RankingDesk desk = new RankingDesk(1, Duration.ofMinutes(10), 0, () -> Instant.EPOCH, state);
        desk.restore();
        return desk;
    }

    private static Ranking ranking(String request) {
        return new Ranking(request, "ann", List.of(List.of(0), List.of(1)), List.of(), List.of(), "v1");
    }
}
