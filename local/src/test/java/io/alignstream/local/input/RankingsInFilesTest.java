package io.alignstream.local.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.luben.zstd.Zstd;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RankingsInFilesTest {

    private static final String PAIR = "{\"prompt\":\"Moon?\",\"chosen\":\"Far.\",\"rejected\":\"Near.\"}";
    private static final String TRANSCRIPTS =
            "{\"chosen\":\"\\n\\nHuman: Sun?\\n\\nAssistant: Hot.\",\"rejected\":\"\\n\\nHuman: Sun?\\n\\nAssistant: Cold.\"}";
    private static final String REQUEST =
            "\"request\":{\"requestId\":\"r\",\"messages\":[{\"role\":\"user\",\"content\":"
                    + "\"你好\"}],\"answers\":[\"a\",\"b\",\"c\"]}";
    private static final String RANKING =
            "\"ranking\":{\"annotator\":\"anna\",\"order\":[[1],[0,2]],\"guidelineVersion\":\"1\"}";
    private static final String OWN = "{" + REQUEST + "," + RANKING + "}";

    @TempDir
    Path folder;

    @Test
    void readsTheTopicsOwnJson() throws IOException {
        // Given
        WorldGenerator world = new WorldGenerator(World.load(), 1);
        Map<String, RankingRequest> requests = world.rankingRequests().stream()
                .collect(Collectors.toMap(RankingRequest::requestId, request -> request));
        List<RankedRequest> ranked = world.rankings().stream()
                .map(ranking -> new RankedRequest(Objects.requireNonNull(requests.get(ranking.requestId())), ranking))
                .toList();
        List<String> lines = new ArrayList<>();
        for (RankedRequest each : ranked) {
            lines.add(new JsonMapper().writeValueAsString(each));
        }
        Path file = Files.write(folder.resolve("own.jsonl"), lines);

        // When
        EventFile<RankedRequest> rankings = EventFile.rankings(file, 0, null);

        // Then
        assertThat(all(rankings)).isEqualTo(ranked);
    }

    @Test
    void whatSaysNoRankingIsSetAsideWithItsLine() throws IOException {
        // Given
        Path file = write(
                "a.jsonl",
                PAIR,
                "",
                PAIR.replace("Near.", "Far."),
                PAIR,
                "{\"prompt\":\"Moon?\",\"chosen\":\"Near.\",\"rejected\":\"Far.\"}",
                TRANSCRIPTS,
                "no JSON");

        // When
        EventFile<RankedRequest> rankings = EventFile.rankings(file, 0.6, null);

        // Then
        assertThat(all(rankings))
                .isEqualTo(all(rankings))
                .extracting(ranked -> ranked.ranking().annotator())
                .containsExactly("import:trl", "import:hh-rlhf");
        assertThat(rankings.lines())
                .containsExactly(
                        file + ": 2 rankings, 1 in the format hh-rlhf, 1 in the format trl",
                        "1 more repeat earlier ones",
                        "3 of 6 elements set aside:",
                        "  " + file + " line 3: chosen and rejected are the same",
                        "  " + file + " line 5: the ranking of request import-80bb12f5e51410ecd9ab315bf92a2136 by"
                                + " annotator import:trl stands in line 1 with other content; rename one",
                        "  " + file + " line 7: not valid JSON: character 1 of line 1 does not fit there");
    }

    @Test
    void whatCountsForNothingOfAnElementIsCountedAndSaid() throws IOException {
        // Given: of three answers two are ordered, twice
        String record =
                "{\"fields\":{\"prompt\":\"Moon?\",\"response-1\":\"a\",\"response-2\":\"b\",\"response-3\":\"c\"},"
                        + "\"responses\":{\"preference\":[{\"user_id\":\"u\",\"value\":[\"response-2\",\"response-1\"]}]}}";
        Path file = write("a.jsonl", record, record.replace("Moon", "Sun"));

        // When
        EventFile<RankedRequest> rankings = EventFile.rankings(file, 0, null);

        // Then
        assertThat(rankings.lines())
                .containsExactly(
                        file + ": 2 rankings, 2 in the format argilla",
                        "taken, but not all that it says:",
                        "  2 like " + file + " line 1: annotator u has judged 2 of 3 answers; the others are no part of"
                                + " that ranking");
    }

    @Test
    void whatIsMostlyNoRankingIsRefusedWithTheWayOut() throws IOException {
        // Given
        Path file = write("a.jsonl", PAIR, "{\"text\":\"a\"}", "{\"text\":\"b\"}");

        // When / Then
        assertThatThrownBy(() -> EventFile.rankings(file, 0.1, null))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2 of 3 elements set aside, more than 10 %")
                .hasMessageContaining("allow more with --most-set-aside")
                .hasMessageContaining("line 2: unknown format with the fields text");
    }

    /** An answer may be empty and may itself look like JSON. */
    @ParameterizedTest
    @CsvSource({"a.jsonl", "a.json", "a.json.zst", "a.csv", "turns.csv"})
    void everyKindOfFileSaysTheSame(String name) throws IOException {
        // Given
        String json = "{\"prompt\":\"List, \\\"please\\\"\\n1\",\"chosen\":\"[1, 2]\",\"rejected\":\"\"}";
        byte[] bytes = utf8(
                switch (name) {
                    case "a.jsonl" -> json;
                    case "a.csv" -> "prompt,chosen,rejected\n\"List, \"\"please\"\"\n1\",\"[1, 2]\",\n";
                    case "turns.csv" ->
                        "prompt;chosen;rejected\n\"List, \"\"please\"\"\n1\";"
                                + "\"[{\"\"role\"\":\"\"assistant\"\",\"\"content\"\":\"\"[1, 2]\"\"}]\";"
                                + "\"[{\"\"role\"\":\"\"assistant\"\",\"\"content\"\":\"\"\"\"}]\"";
                    default -> "[" + json + "]";
                });
        Path file = Files.write(folder.resolve(name), name.endsWith(".zst") ? Zstd.compress(bytes) : bytes);

        // When
        List<RankedRequest> rankings = all(EventFile.rankings(file, 0, null));

        // Then
        assertThat(rankings).singleElement().satisfies(ranked -> {
            assertThat(ranked.request().messages().getFirst().content()).isEqualTo("List, \"please\"\n1");
            assertThat(ranked.request().answers()).containsExactly("", "[1, 2]");
            assertThat(ranked.ranking().order()).isEqualTo(List.of(List.of(1), List.of(0)));
        });
    }

    @Test
    void theAnnotatorMayBeNamed() throws IOException {
        // Given
        Path file = write("a.jsonl", PAIR);

        // When
        EventFile<RankedRequest> rankings = EventFile.rankings(file, 0, "panel-7");

        // Then
        assertThat(all(rankings)).extracting(r -> r.ranking().annotator()).containsExactly("panel-7");
    }

    @Test
    void severalAnnotatorsMayRankOneRequest() throws IOException {
        // Given
        Path file = write("a.jsonl", OWN, OWN.replace("anna", "bert"));

        // When
        List<RankedRequest> ranked = all(EventFile.rankings(file, 0, null));

        // Then
        assertThat(ranked).extracting(r -> r.ranking().requestId()).containsExactly("r", "r");
        assertThat(ranked).extracting(r -> r.ranking().annotator()).containsExactly("anna", "bert");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        [0,2]         | [0]                              | orders 2 answers but request r has 3
        [0,2]         | [1,2]                            | exactly once
        [0,2]         | [0,2.5]                          | ranking.order[1][1]
        'annotator'   | 'scores':[NaN,1,2],'annotator'   | must be a finite number but is NaN
        'annotator'   | 'scores':[9,1,2],'annotator'     | outside 0 to 5
        'annotator'   | 'requestId':'q','annotator'      | stands beside request r
        'annotator'   | 'anotator'                       | unknown field anotator
        'ranking':{   | 'ranking':{},'rating':{          | unknown field rating
        """)
    void aWrongRankingIsRefusedWithTheReason(String right, String wrong, String reason) throws IOException {
        // Given
        Path file = write("a.jsonl", OWN.replace(right.replace('\'', '"'), wrong.replace('\'', '"')));

        // When / Then
        assertThatThrownBy(() -> EventFile.rankings(file, 0.1, null)).hasMessageContaining(reason);
    }

    @Test
    void aFileThatHoldsNoRankingsIsRefused() {
        assertThatThrownBy(() -> EventFile.rankings(write("a.jsonl", PAIR.replace("Near.", "Far.")), 1, null))
                .hasMessageContaining("holds no rankings");
        assertThatThrownBy(() -> EventFile.rankings(write("a.jsonl", ""), 0, null))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("holds no rankings");
    }

    private static List<RankedRequest> all(EventFile<RankedRequest> rankings) {
        List<RankedRequest> all = new ArrayList<>();
        rankings.forEach(all::add);
        return all;
    }

    private Path write(String name, String... lines) throws IOException {
        return Files.write(folder.resolve(name), List.of(lines));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
