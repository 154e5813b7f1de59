package io.alignstream.inference.retrieval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.lucene.store.LockObtainFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PassageIndexTest {

    private static final String MADE = "so";
    private static final IndexState STATE = new IndexState("topic", Map.of(0, 7L, 1, 9L), 3, 1, 2, 3, 4, 5);

    @TempDir
    Path folder;

    @Test
    void whatIsCommittedIsThereAfterARestartAndNothingElse() throws IOException {
        // Given
        try (PassageIndex index = open()) {
            put(index, "kept", 2);
            index.commit(STATE);
            put(index, "not", 1);
        }

        // When
        try (PassageIndex index = open()) {

            // Then
            assertThat(index.passages()).isEqualTo(2);
            assertThat(index.state()).isEqualTo(STATE);
            assertThat(found(index, "kept")).isEqualTo("kept");
        }
    }

    @Test
    void aDocumentComesInThePlaceOfItsEarlierVersion() throws IOException {
        // Given
        try (PassageIndex index = open()) {
            put(index, "a", 3);
            put(index, "b", 1);
            index.commit(STATE);

            // When
            put(index, "a", 1);
            index.remove("b");
            index.commit(STATE);

            // Then
            assertThat(index.passages()).isOne();
            assertThat(found(index, "a")).isEqualTo("a");
        }
    }

    @Test
    void theFirstDocumentsMakeRoomForLaterOnes() throws IOException {
        // Given
        try (PassageIndex index = open()) {
            for (String document : List.of("first", "second", "third", "fourth")) {
                put(index, document, 3);
            }
            index.commit(STATE);

            // When
            int displaced = index.makeRoom(7);
            index.commit(STATE);

            // Then
            assertThat(displaced).isEqualTo(2);
            assertThat(index.passages()).isEqualTo(6);
            assertThat(found(index, "fourth")).isEqualTo("fourth");
        }
    }

    @Test
    void onlyWhatIsNearEnoughIsFound() throws IOException {
        // Given
        try (PassageIndex index = open()) {
            put(index, "near", 1);
            put(index, "far", 1);
            index.commit(STATE);

            // When
            List<FoundPassage> found = index.search(Language.ENGLISH, vector("near"), "no such words", 5, 0.9);

            // Then
            assertThat(found).singleElement().satisfies(one -> {
                assertThat(one.passage().document()).isEqualTo("near");
                assertThat(one.similarity()).isBetween(0.999, 1.001);
            });
        }
    }

    @Test
    void ofPassagesThatAreAboutAsNearTheOneWithTheWordsComesFirst() throws IOException {
        // Given
        float[] vector = vector("both");
        try (PassageIndex index = open()) {
            index.put("a", List.of(passage("a", "The mayor of Karn is Bel.")), List.of(vector));
            index.put("b", List.of(passage("b", "The mayor of Velmora is Oln.")), List.of(vector));
            index.commit(STATE);

            // When
            List<FoundPassage> found = index.search(Language.ENGLISH, vector, "Who is mayor of Velmora?", 2, 0);

            // Then
            assertThat(found).extracting(one -> one.passage().document()).containsExactly("b", "a");
        }
    }

    @Test
    void anIndexThatWasMadeOtherwiseIsMadeAnew() throws IOException {
        // Given
        try (PassageIndex index = open()) {
            put(index, "a", 1);
            index.commit(STATE);
        }

        // When
        try (PassageIndex index = PassageIndex.open(folder, "otherwise")) {

            // Then
            assertThat(index.passages()).isZero();
            assertThat(index.state()).isEqualTo(IndexState.EMPTY);
        }
    }

    @Test
    void anIndexThatIsDamagedIsMadeAnew() throws IOException {
        // Given
        try (PassageIndex index = open()) {
            put(index, "a", 1);
            index.commit(STATE);
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(one -> !one.endsWith("write.lock")).toList()) {
                Files.write(file, new byte[(int) Math.min(40, Files.size(file))]);
            }
        }

        // When
        try (PassageIndex index = open()) {
            put(index, "b", 1);
            index.commit(STATE);

            // Then
            assertThat(index.passages()).isOne();
        }
    }

    @Test
    void twoProcessesDoNotWriteOneIndex() throws IOException {
        // Given
        try (PassageIndex index = open()) {
            put(index, "a", 1);

            // When
            assertThatThrownBy(this::open)

                    // Then
                    .isInstanceOf(LockObtainFailedException.class);
        }
    }

    /** What the setting of the bound promises. */
    @Test
    void aPassageTakesSomeKilobytesOfDisk() throws IOException {
        // Given
        try (PassageIndex index = open()) {

            // When
            for (int i = 0; i < 40; i++) {
                put(index, "document " + i, 25);
            }
            index.commit(STATE);

            // Then
            assertThat(index.bytes() / index.passages()).isBetween(1_500L, 5_000L);
        }
    }

    private PassageIndex open() throws IOException {
        return PassageIndex.open(folder, MADE);
    }

    private static void put(PassageIndex index, String document, int passages) throws IOException {
        index.put(
                document,
                IntStream.range(0, passages)
                        .mapToObj(
                                place -> passage(document, document + " says " + "this and that, ".repeat(38) + place))
                        .toList(),
                IntStream.range(0, passages)
                        .mapToObj(place -> vector(place == 0 ? document : document + place))
                        .toList());
    }

    private static Passage passage(String document, String text) {
        return new Passage(document, null, "https://example.org/" + document, "test", text);
    }

    private static String found(PassageIndex index, String document) throws IOException {
        return index.search(Language.ENGLISH, vector(document), document, 1, 0.5)
                .getFirst()
                .passage()
                .document();
    }

    /** Of length 1, another one for each name. */
    private static float[] vector(String name) {
        double[] numbers = new Random(name.hashCode())
                .doubles(Language.ENGLISH.dimensions(), -1, 1)
                .toArray();
        double length = Math.sqrt(IntStream.range(0, numbers.length)
                .mapToDouble(i -> numbers[i] * numbers[i])
                .sum());
        float[] vector = new float[numbers.length];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (numbers[i] / length);
        }
        return vector;
    }
}
