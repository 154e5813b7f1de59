package io.alignstream.inference.openai.answer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.alignstream.inference.openai.request.ToolCalls;
import io.alignstream.languagemodel.tokenizer.ToolCallLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class CallReaderTest {

    private static final Map<String, ToolCallLayout> LAYOUTS = Map.of(
            "hermes", new ToolCallLayout("", "<tool_call>\n", "{\"name\": \"", "\", \"arguments\": ", ""),
            "llama", new ToolCallLayout("", "", "{\"name\": \"", "\", \"parameters\": ", "<|python_tag|>"),
            "mistral", new ToolCallLayout("", "[TOOL_CALLS] ", "[{\"name\": \"", "\", \"arguments\": ", ""),
            "bare", new ToolCallLayout("", "[TOOL_CALLS]", "", "[ARGS]", ""));

    /** Family, answer, what is said, what is called. */
    static Stream<Arguments> textsAndCallsAreToldApart() {
        String unknown = "<tool_call>{'name': 'unknown', 'arguments': {}}</tool_call>";
        String broken = "<tool_call>\n{'name': 'f', 'arguments': {'a': ";
        return Stream.of(
                        Arguments.of(
                                "hermes",
                                "Let me see.\n<tool_call>\n{'name': 'f', 'arguments': {'a': 1.5}}\n</tool_call>",
                                "Let me see.",
                                "f{'a': 1.5}"),
                        Arguments.of(
                                "hermes",
                                "<tool_call>{'arguments':{},'name':'f'}</tool_call>\n<tool_call>{'name':'g','arguments':{'b':[]}}",
                                "",
                                "f{} g{'b':[]}"),
                        Arguments.of(
                                "hermes",
                                "<tool_call>{'name': 'f', 'arguments': {'a': 100.0, 'b': [1e2, 0.10],  'c': {}}, 'x': {}}",
                                "",
                                "f{'a': 100.0, 'b': [1e2, 0.10],  'c': {}}"),
                        Arguments.of(
                                "hermes",
                                "<tool_call>{'name': 'f', 'arguments': '{}'}",
                                "<tool_call>{'name': 'f', 'arguments': '{}'}",
                                ""),
                        Arguments.of("hermes", "a < b <tool_call", "a < b <tool_call", ""),
                        Arguments.of("hermes", broken, broken, ""),
                        Arguments.of("hermes", unknown, unknown, ""),
                        Arguments.of("hermes", "{'name': 'f', 'arguments': {}}", "{'name': 'f', 'arguments': {}}", ""),
                        Arguments.of("llama", "{'name': 'f', 'parameters': {'a': '}'}}", "", "f{'a': '}'}"),
                        Arguments.of(
                                "llama",
                                "<|python_tag|>{'name': 'f', 'parameters': {}}; {'name': 'g', 'parameters': {'b': 2}}",
                                "",
                                "f{} g{'b': 2}"),
                        Arguments.of(
                                "llama",
                                "No {'name': 'f', 'parameters': {}}",
                                "No {'name': 'f', 'parameters': {}}",
                                ""),
                        Arguments.of("llama", "{'x': 1} is JSON", "{'x': 1} is JSON", ""),
                        Arguments.of("llama", "<|no|<|no|", "<|no|<|no|", ""),
                        Arguments.of(
                                "mistral",
                                "[TOOL_CALLS] [{'name': 'f', 'arguments': {}, 'id': 'x'}, {'name': 'g', 'arguments': {'b': null}}]",
                                "",
                                "f{} g{'b': null}"),
                        Arguments.of("mistral", "[TOOL] and so on", "[TOOL] and so on", ""),
                        Arguments.of("bare", "Well[TOOL_CALLS]f[ARGS]{'a': 1}[TOOL_CALLS]g{}", "Well", "f{'a': 1} g{}"))
                .map(row -> Arguments.of(Arrays.stream(row.get())
                        .map(text -> text.toString().replace('\'', '"'))
                        .toArray()));
    }

    /** However the answer is cut into pieces, it is the same one: what is said, then the calls. */
    @ParameterizedTest
    @MethodSource
    void textsAndCallsAreToldApart(String layout, String answer, String said, String calls) {
        for (int seed = 0; seed < 20; seed++) {
            // When
            CallReader reader = read(new ToolCalls(known(layout), tools("f", "g"), false, true), answer, seed);

            // Then
            assertThat(reader.text()).isEqualTo(said);
            assertThat(calls(reader)).isEqualTo(calls);
        }
    }

    @Test
    void oneCallIsTakenWhereThereMayBeNoSeveral() {
        // Given
        String call = "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>";

        // When
        CallReader reader = read(new ToolCalls(known("hermes"), tools("f"), false, false), call + call, 1);

        // Then
        assertThat(reader.calls()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "f    | {\"a\": [1, {}]}                                        | f{\"a\": [1, {}]}",
                "f    | {\"a\": [1,                                             | f{\"a\": [1,",
                "f,g  | {\"name\": \"g\", \"arguments\": {\"b\": \"x\"}         | g{\"b\": \"x\"}",
                "f,g  | {\"name\": \"g                                          | ``",
            })
    void aForcedCallIsAllOfIt(String names, String answer, String call) {
        for (int seed = 0; seed < 20; seed++) {
            // When
            CallReader reader =
                    read(new ToolCalls(known("hermes"), tools(names.split(",")), true, false), " " + answer, seed);

            // Then
            assertThat(calls(reader)).isEqualTo(call);
            assertThat(reader.text()).isEmpty();
        }
    }

    private static ToolCallLayout known(String name) {
        return LAYOUTS.getOrDefault(name, ToolCallLayout.PLAIN);
    }

    private static SequencedMap<String, JsonNode> tools(String... names) {
        SequencedMap<String, JsonNode> tools = new LinkedHashMap<>();
        for (String name : names) {
            tools.put(name, JsonNodeFactory.instance.objectNode());
        }
        return tools;
    }

    private static CallReader read(ToolCalls calls, String answer, int seed) {
        CallReader reader = new CallReader(Optional.of(calls));
        Random random = new Random(seed);
        StringBuilder streamed = new StringBuilder();
        for (int at = 0; at < answer.length(); ) {
            int end = Math.min(answer.length(), at + 1 + random.nextInt(8));
            add(streamed, reader.next(answer.substring(at, end)));
            at = end;
        }
        add(streamed, reader.end());
        assertThat(streamed).hasToString(reader.text() + calls(reader).replace("} ", "}"));
        return reader;
    }

    private static void add(StringBuilder streamed, List<CallReader.Part> parts) {
        for (CallReader.Part part : parts) {
            streamed.append(
                    switch (part) {
                        case CallReader.Said said -> said.text();
                        case CallReader.Begun begun -> begun.name();
                        case CallReader.Arguments arguments -> arguments.text();
                    });
        }
    }

    private static String calls(CallReader reader) {
        return reader.calls().stream()
                .map(call -> call.name() + call.arguments())
                .collect(Collectors.joining(" "));
    }
}
