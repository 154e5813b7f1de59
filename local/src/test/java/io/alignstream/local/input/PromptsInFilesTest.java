package io.alignstream.local.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptsInFilesTest {

    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"你好\"}]";

    @TempDir
    Path folder;

    @Test
    void readsTheTopicsOwnJson() throws IOException {
        // Given
        WorldGenerator world = new WorldGenerator(World.load(), 1);
        Path prompts = dump("p.jsonl", world.prompts());

        // When // Then
        assertThat(all(prompts(prompts))).isEqualTo(world.prompts());
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
    void whatOthersAskIsAPromptToo() throws IOException {
        // Given
        Path prompts = write(
                "{\"prompt\":\"Moon?\",\"label\":1}",
                "{\"prompt\":[{\"role\":\"user\",\"content\":\"Sun?\"}],\"system\":\"Be brief.\"}");

        // When
        List<Prompt> read = all(prompts(prompts));

        // Then
        assertThat(read)
                .extracting(Prompt::messages)
                .containsExactly(
                        List.of(Message.user("Moon?")),
                        List.of(new Message(Message.Role.SYSTEM, "Be brief."), Message.user("Sun?")));
    }

    @Test
    void oneFaultyLineIsSetAside() throws IOException {
        // Given
        String good = "{" + MESSAGES + "}";
        Path file = write(good, good.replace("你好", "half \\ud83d"), good.replace("你好", "再见"));

        // When
        EventFile<Prompt> lines = prompts(file);

        // Then
        assertThat(all(lines)).hasSize(2);
        assertThat(lines.size()).isEqualTo(2);
        assertThat(lines.lines()).first().isEqualTo(file + ": 2 prompts");
        assertThat(lines.lines().getLast())
                .endsWith("line 2: messages[0]: content has half a character (an unpaired surrogate) at index 5;"
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
        {'messages':[{'role':'user','content':[{'type':'text','text':'Which?'}]}]} | messages[0].content: it must be a text but is
        {'messages':[{'role':'user','content':'Which?'}],'referenceAnswers':'North.'} | referenceAnswers: it must be a list but is a text
        {'messages':[{'role':'user','content':'Which?'}],'tags':{'n':[1]}} | tags.n: it must be a text but is
        {'messages':[{'role':'user','content':'Which?'}],'referenceAnswers':['a']}} | character 75 of line 1 does not fit there
        {'messages':[]} 7 | something follows behind its end
        {'messages':[],'messages':[],'referenceAnswers':['a']} | field messages stands twice
        {'messages':[{'role':'user' | it ends before a quote or bracket is closed
        {messages:[]} | character 2 of line 1 does not fit there
        {'prompt':' ','label':1} | no prompt in the fields prompt, label
        {'prompt':NaN} | no prompt in the fields prompt
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
                .hasMessageContaining("unknown field referenceAnswer; known are");
        assertThatThrownBy(() -> prompts(write("{\"messages\":[{\"role\":\"user\",\"content\":\" \"}]}")))
                .hasMessageContaining("line 1: messages[0]: content is missing or blank");
        assertThatThrownBy(() -> prompts(write("{\"messages\":[{\"role\":\"usr\",\"content\":\"a\"}]}")))
                .hasMessageContaining("line 1: messages[0].role: it is usr but must be one of system, user, assistant");
        assertThatThrownBy(() -> prompts(write(""))).hasMessageContaining("holds no prompts");
    }

    @Test
    void aNameMayNotStandForTwoThings() throws IOException {
        // Given
        String one = "{\"id\":\"x\"," + MESSAGES + "}";

        // When
        EventFile<Prompt> lines = prompts(write(one, one.replace("你好", "再见")));

        // Then
        assertThat(all(lines)).hasSize(1);
        assertThat(lines.lines().getLast()).contains("line 2: id x stands in line 1 with other content");
    }

    private static EventFile<Prompt> prompts(Path file) {
        return EventFile.prompts(file, 0.1);
    }

    private static <T> List<T> all(EventFile<T> lines) {
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
