package io.alignstream.stageruntime.kept;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptStateTest {

    @TempDir
    Path folder;

    @Test
    void whatWasNotCommittedIsGoneAfterARestart() {
        // Given
        try (KeptState state = KeptState.in(folder)) {
            state.table("a").put("committed", bytes("1"));
            state.commit();
            state.table("a").put("committed", bytes("2"));
            state.table("a").put("not", bytes("3"));
        }

        // When
        List<String> left;
        try (KeptState state = KeptState.in(folder)) {
            left = entries(state.table("a"));
        }

        // Then
        assertThat(left).containsExactly("committed=1");
    }

    @Test
    void tablesKnowNothingOfEachOtherAndShowWhatWasPutBeforeItIsCommitted() {
        // Given
        try (KeptState state = KeptState.in(folder)) {
            state.table("a").put("one", bytes("1"));
            state.table("ab").put("one", bytes("2"));
            state.commit();
            state.table("a").put("two", bytes("3"));
            state.table("ab").remove("one");

            // When
            List<String> a = entries(state.table("a"));

            // Then
            assertThat(a).containsExactly("one=1", "two=3");
            assertThat(entries(state.table("ab"))).isEmpty();
        }
    }

    @Test
    void whatIsNoViewOfTheTopicsOutlivesThem() {
        // Given
        try (KeptState state = KeptState.in(folder)) {
            state.table("a").put("one", bytes("1"));
            state.table(KeptState.LASTING + "b").put("committed", bytes("2"));
            state.commit();
            state.table(KeptState.LASTING + "b").put("new", bytes("3"));

            // When
            state.clear();
        }

        // Then
        try (KeptState state = KeptState.in(folder)) {
            assertThat(entries(state.table("a"))).isEmpty();
            assertThat(entries(state.table(KeptState.LASTING + "b"))).containsExactly("committed=2", "new=3");
        }
    }

    @Test
    void keysKnowTheirNumberWhateverComesTwice() {
        // Given
        Random random = new Random(1);
        Set<String> expected = new HashSet<>();
        try (KeptState state = KeptState.in(folder)) {
            KeptKeys keys = new KeptKeys(state, "keys");

            // When
            for (int i = 0; i < 5_000; i++) {
                String key = "key" + random.nextInt(500);
                if (random.nextInt(3) == 0) {
                    keys.remove(key);
                    expected.remove(key);
                } else {
                    keys.add(key);
                    expected.add(key);
                }
                if (random.nextInt(100) == 0) {
                    state.commit();
                }
            }

            // Then
            assertThat(keys.size()).isEqualTo(expected.size());
        }
    }

    @Test
    void aDamagedFolderIsEmptied() throws Exception {
        // Given
        try (KeptState state = KeptState.in(folder)) {
            state.table("a").put("one", bytes("1"));
            state.commit();
        }
        damage();

        // When
        List<String> left;
        try (KeptState state = KeptState.in(folder)) {
            left = entries(state.table("a"));
            state.table("a").put("two", bytes("2"));
            state.commit();
        }

        // Then
        assertThat(left).isEmpty();
        try (KeptState state = KeptState.in(folder)) {
            assertThat(entries(state.table("a"))).containsExactly("two=2");
        }
    }

    @Test
    void whatAnotherVersionMeantOtherwiseIsGoneAtTheNextStart() {
        // Given
        try (KeptState state = KeptState.in(folder)) {
            state.table("numbers").put("one", bytes("\"not a number\""));
            state.commit();
            KeptRecords<Integer> numbers = new KeptRecords<>(state, "numbers", Integer.class);

            // When
            assertThatThrownBy(() -> numbers.get("one")).isInstanceOf(KeptStateException.class);
        }

        // Then
        try (KeptState state = KeptState.in(folder)) {
            assertThat(entries(state.table("numbers"))).isEmpty();
        }
    }

    private void damage() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(each -> each.getFileName().toString().startsWith("MANIFEST"))
                    .toList()) {
                Files.writeString(file, "not what RocksDB has written");
            }
        }
    }

    @Test
    void twoProcessesDoNotShareAFolder() {
        // Given
        try (KeptState first = KeptState.in(folder)) {
            first.commit();

            // When
            assertThatThrownBy(() -> KeptState.in(folder))

                    // Then
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(folder.toString())
                    .hasMessageContaining("alignstream.views.folder");
        }
    }

    @Test
    void aProcessThatIsKilledLeavesACommitAsAWhole() throws Exception {
        // Given
        Process writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(writer.inputReader().readLine()).isEqualTo("writing");
        Thread.sleep(200);

        // When
        writer.destroyForcibly().waitFor();

        // Then
        try (KeptState state = KeptState.in(folder)) {
            long rounds = state.table("counts").number("rounds");
            assertThat(rounds).isPositive();
            assertThat(entries(state.table("entries"))).hasSize((int) (rounds * Writer.EACH));
        }
    }

    /** Writes until it is killed: with every commit a number and as many entries as that says. */
    static final class Writer {

        static final int EACH = 10;

        private Writer() {}

        public static void main(String[] arguments) {
            try (KeptState state = KeptState.in(Path.of(arguments[0]))) {
                for (long round = 1; round < 1_000_000; round++) {
                    for (int i = 0; i < EACH; i++) {
                        state.table("entries").put(round + " " + i, bytes("entry"));
                    }
                    state.table("counts").put("rounds", round);
                    state.commit();
                    if (round == 10) {
                        System.out.println("writing");
                    }
                }
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static List<String> entries(KeptTable table) {
        List<String> entries = new ArrayList<>();
        table.forEach((key, value) -> entries.add(new String(key, UTF_8) + "=" + new String(value, UTF_8)));
        return entries;
    }
}
