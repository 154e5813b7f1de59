package io.alignstream.local.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import java.io.IOException;
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

class JsonLinesTest {

    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"你好\"}]";
    private static final String REQUEST =
            "\"request\":{\"requestId\":\"r\"," + MESSAGES + ",\"answers\":[\"a\",\"b\",\"c\"]}";
    private static final String RANKING =
            "\"ranking\":{\"annotator\":\"anna\",\"order\":[[1],[0,2]],\"guidelineVersion\":\"1\"}";

    @TempDir
    Path folder;

    @Test
    void readsTheTopicsOwnJson() throws IOException {
        // Given
        WorldGenerator world = new WorldGenerator(World.load(), 1);
        Path prompts = dump("p.jsonl", world.prompts());
        Map<String, RankingRequest> requests = world.rankingRequests().stream()
                .collect(Collectors.toMap(RankingRequest::requestId, request -> request));
        List<RankedRequest> ranked = world.rankings().stream()
                .map(ranking -> new RankedRequest(Objects.requireNonNull(requests.get(ranking.requestId())), ranking))
                .toList();
        Path rankingFile = dump("r.jsonl", ranked);

        // When // Then
        assertThat(all(prompts(prompts))).isEqualTo(world.prompts());
        assertThat(all(rankings(rankingFile))).isEqualTo(ranked);
    }

    @Test
    void idsAndTagsMayBeLeftOut() throws IOException {
        // Given
        Path prompts = write("{" + MESSAGES + "}", "", "{" + MESSAGES.replace("你好", "再见") + "}");

        // When
        List<Prompt> once = all(prompts(prompts));

        // Then
        assertThat(once)
                .hasSize(2)
                .extracting(Prompt::id)
                .doesNotHaveDuplicates()
                .allMatch(id -> id.length() == 64);
        assertThat(all(prompts(prompts))).isEqualTo(once);
    }

    @Test
    void aRankingTakesTheIdOfItsRequestAndSeveralAnnotatorsMayRankIt() throws IOException {
        // Given
        Path file =
                write("{" + REQUEST + "," + RANKING + "}", "{" + REQUEST + "," + RANKING.replace("anna", "bert") + "}");

        // When
        List<RankedRequest> ranked = all(rankings(file));

        // Then
        assertThat(ranked).extracting(r -> r.ranking().requestId()).containsExactly("r", "r");
        assertThat(rankings(file).size()).isEqualTo(2);
    }

    @Test
    void oneFaultyLineIsSetAside() throws IOException {
        // Given
        String good = "{" + MESSAGES + "}";
        Path file = write(good, good.replace("你好", "half \\ud83d"), good.replace("你好", "再见"));

        // When
        JsonLines<Prompt> lines = prompts(file);

        // Then
        assertThat(all(lines)).hasSize(2);
        assertThat(lines.size()).isEqualTo(2);
        assertThat(lines.lines("prompts")).first().isEqualTo(file + ": 2 prompts");
        assertThat(lines.lines("prompts").getLast())
                .endsWith("line 2: in messages[0]: content has half a character (an unpaired surrogate) at index 5;"
                        + " repair the text");
    }

    /** In the words of whoever wrote the file. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        [                                         | a list begins here; write one JSON object a line
        {'messages':[{'role':'user','content':[{'type':'text','text':'Which?'}]}]} | in messages[0].content: it must be a text but is
        {'messages':[{'role':'user','content':'Which?'}],'referenceAnswers':'North.'} | in referenceAnswers: it must be a list but is a text
        {'messages':[{'role':'user','content':'Which?'}],'tags':{'n':[1]}} | in tags.n: it must be a text but is
        {'messages':[{'role':'user','content':'Which?'}],'referenceAnswers':['a']}} | character 75 of line 1 does not fit there
        {'messages':[]} 7 | something follows behind its end
        {'messages':[],'messages':[],'referenceAnswers':['a']} | field messages stands twice
        {'messages':[{'role':'user' | it ends before a quote or bracket is closed
        {messages:[]} | character 2 of line 1 does not fit there
        """)
    void whatIsWrongIsSaidInTheWordsOfTheFile(String line, String said) throws IOException {
        // Given
        Path file = write(line.replace('\'', '"'));

        // When // Then
        assertThatThrownBy(() -> prompts(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(said)
                .message()
                .doesNotContain("java", "Json", "deserialize", "token");
    }

    @Test
    void aFileOfFaultyLinesIsRefused() throws IOException {
        // When // Then
        assertThatThrownBy(() -> prompts(write("{\"messages\":[]}")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("in.jsonl line 1: messages has 0 entries");
        assertThatThrownBy(() -> prompts(write("{" + MESSAGES + ",\"referenceAnswer\":[\"a\"]}")))
                .hasMessageContaining("line 1: unknown field referenceAnswer; known are");
        assertThatThrownBy(() -> prompts(write("{\"messages\":[{\"role\":\"user\",\"content\":\" \"}]}")))
                .hasMessageContaining("line 1: in messages[0]: content is missing or blank");
        assertThatThrownBy(() -> prompts(write("{\"messages\":[{\"role\":\"usr\",\"content\":\"a\"}]}")))
                .hasMessageContaining(
                        "line 1: in messages[0].role: it is usr but must be one of system, user, assistant");
        assertThatThrownBy(() -> prompts(write(""))).hasMessageContaining("holds no events");
    }

    @Test
    void wrongRankingsAreRefused() throws IOException {
        // Given
        String line = "{" + REQUEST + "," + RANKING + "}";

        // When // Then
        assertThatThrownBy(() -> rankings(write(line.replace("[0,2]", "[0]"))))
                .hasMessageContaining("orders 2 answers but request r has 3");
        assertThatThrownBy(() -> rankings(write(line.replace("[0,2]", "[1,2]"))))
                .hasMessageContaining("exactly once");
        assertThatThrownBy(() -> rankings(write(line.replace("\"annotator\"", "\"scores\":[NaN,1,2],\"annotator\""))))
                .hasMessageContaining("must be a finite number but is NaN");
        assertThatThrownBy(() -> rankings(write(line.replace("\"annotator\"", "\"scores\":[9,1,2],\"annotator\""))))
                .hasMessageContaining("outside 0 to 5");
        assertThatThrownBy(() -> rankings(write(line.replace("\"annotator\"", "\"requestId\":\"q\",\"annotator\""))))
                .hasMessageContaining("stands beside request r");
        assertThatThrownBy(() -> rankings(write("{" + REQUEST + "}"))).hasMessageContaining("ranking is missing");
        assertThat(rankings(write(line, line.replace("[[1],[0,2]]", "[[0],[1,2]]")))
                        .lines("rankings")
                        .getLast())
                .contains("line 2: the ranking of request r by annotator anna stands in line 1");
    }

    @Test
    void aNameMayNotStandForTwoThings() throws IOException {
        // Given
        String one = "{\"id\":\"x\"," + MESSAGES + "}";

        // When
        JsonLines<Prompt> lines = prompts(write(one, one.replace("你好", "再见")));

        // Then
        assertThat(all(lines)).hasSize(1);
        assertThat(lines.lines("prompts").getLast()).contains("line 2: id x stands in line 1 with other content");
    }

    private static JsonLines<Prompt> prompts(Path file) {
        return JsonLines.prompts(file, 0.1);
    }

    private static JsonLines<RankedRequest> rankings(Path file) {
        return JsonLines.rankings(file, 0.1);
    }

    private static <T> List<T> all(JsonLines<T> lines) {
        List<T> events = new ArrayList<>();
        lines.forEach(events::add);
        return events;
    }

    private Path dump(String name, List<?> events) throws IOException {
        JsonMapper json = new JsonMapper();
        List<String> lines = new ArrayList<>();
        for (Object event : events) {
            lines.add(json.writeValueAsString(event));
        }
        return Files.write(folder.resolve(name), lines);
    }

    private Path write(String... lines) throws IOException {
        return Files.write(folder.resolve("in.jsonl"), List.of(lines));
    }
}
