package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls of tools: by a model that calls one by itself, and by one that knows of none and has to. */
@QuarkusTest
class ToolsTest extends ServiceTest {

    private static final String WEATHER =
            """
            {"type": "function", "function": {"name": "weather", "parameters": {"type": "object",
             "properties": {"city": {"$ref": "#/$defs/city"}}, "required": ["city"], "additionalProperties": false,
             "$defs": {"city": {"type": "integer", "minimum": 3, "maximum": 9}}}}}""";

    private static final String NEWS =
            """
            {"type": "function", "function": {"name": "news", "parameters": {"type": "object",
             "properties": {"topic": {"$ref": "#/$defs/city"}}, "required": ["topic"],
             "$defs": {"city": {"enum": ["sport", "art"]}}}}}""";

    private static final String ASKED = "[{\"role\": \"user\", \"content\": \"How is it in Ulm?\"}]";

    @Test
    void aModelThatCallsIsHeard() throws IOException {
        // Given
        serve(CallingModel.save(store));

        // When
        JsonNode choice =
                chat(ASKED, "\"tools\": [" + WEATHER + "]").path("choices").path(0);

        // Then
        JsonNode call = choice.path("message").path("tool_calls").path(0);
        assertThat(choice.path("finish_reason").asText()).as(choice.toString()).isEqualTo("tool_calls");
        assertThat(choice.path("message").path("content").asText()).isEqualTo(CallingModel.SAID);
        assertThat(call.path("id").asText()).hasSize(9);
        assertThat(call.path("function").path("name").asText()).isEqualTo(CallingModel.TOOL);
        assertThat(call.path("function").path("arguments").asText()).isEqualTo(CallingModel.ARGUMENTS);
    }

    @Test
    void aCallIsStreamedInTheSameParts() throws IOException {
        // Given
        serve(CallingModel.save(store));

        // When
        List<String> events = ChatApi.events(api.post(body(ASKED, "\"stream\": true, \"tools\": [" + WEATHER + "]"))
                .body());

        // Then
        List<JsonNode> choices = choices(events);
        assertThat(said(choices)).isEqualTo(CallingModel.SAID);
        assertThat(called(choices)).isEqualTo(CallingModel.TOOL + CallingModel.ARGUMENTS);
        assertThat(choices.getLast().path("finish_reason").asText()).isEqualTo("tool_calls");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"tool_choice\": \"none\", \"tools\": [WEATHER]", "\"tools\": [NEWS]"})
    void whatIsNotOfferedIsNotCalled(String fields) throws IOException {
        // Given
        serve(CallingModel.save(store));

        // When
        JsonNode choice = chat(ASKED, fields).path("choices").path(0);

        // Then
        assertThat(choice.path("message").has("tool_calls"))
                .as(choice.toString())
                .isFalse();
        assertThat(choice.path("message").path("content").asText()).startsWith(CallingModel.SAID);
        assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
    }

    @ParameterizedTest
    @CsvSource({"true, required", "true, news", "false, required", "false, weather"})
    void aForcedCallKeepsToTheSchemaWhateverTheModel(boolean knowsTools, String choice) throws IOException {
        // Given
        serve(knowsTools ? CallingModel.save(store) : first);
        String wanted = choice.equals("required")
                ? "\"required\""
                : "{\"type\": \"function\", \"function\": {\"name\": \"" + choice + "\"}}";
        String fields = "\"seed\": 3, \"temperature\": 1, \"tool_choice\": " + wanted + ", \"tools\": [" + WEATHER
                + ", " + NEWS + "]";

        // When
        JsonNode whole = chat(ASKED, fields).path("choices").path(0);
        List<JsonNode> streamed = choices(ChatApi.events(
                api.post(body(ASKED, "\"stream\": true, " + fields)).body()));

        // Then
        JsonNode function = whole.path("message").path("tool_calls").path(0).path("function");
        String name = function.path("name").asText();
        JsonNode arguments = json(function.path("arguments").asText());
        assertThat(whole.path("message").path("content").isNull())
                .as(whole.toString())
                .isTrue();
        assertThat(whole.path("finish_reason").asText()).isEqualTo("tool_calls");
        assertThat(name).matches(choice.equals("required") ? "weather|news" : choice);
        assertThat(
                        name.equals("news")
                                ? List.of("sport", "art")
                                        .contains(arguments.path("topic").asText())
                                : arguments.path("city").asInt() >= 3
                                        && arguments.path("city").asInt() <= 9)
                .as(arguments.toString())
                .isTrue();
        assertThat(called(streamed)).isEqualTo(name + function.path("arguments").asText());
        assertThat(said(streamed)).isEmpty();
    }

    /** The whole way, with a model that knows no tools: call, answer of the tool, answer. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatAToolAnswersIsReadByTheModel(boolean knowsTools) throws IOException {
        // Given
        serve(knowsTools ? CallingModel.save(store) : first);
        String talk =
                """
                [{"role": "user", "content": "How is it in Ulm?"},
                 {"role": "assistant", "content": null, "tool_calls": [{"id": "abcdefghi", "type": "function",
                  "function": {"name": "weather", "arguments": "{\\"city\\": 7}"}}]},
                 {"role": "tool", "tool_call_id": "abcdefghi", "content": "Rain"}]""";

        // When
        JsonNode answer = chat(talk, "\"tool_choice\": \"none\", \"tools\": [" + WEATHER + "]");

        // Then
        assertThat(answer.path("choices")
                        .path(0)
                        .path("message")
                        .path("content")
                        .asText())
                .isNotEmpty();
        assertThat(answer.path("usage").path("prompt_tokens").asInt()).isGreaterThan(30);
    }

    @Test
    void aResponseHasTheCallBehindTheMessage() throws IOException {
        // Given
        serve(CallingModel.save(store));
        String tool = "{\"type\": \"function\", \"name\": \"weather\", \"strict\": true, \"parameters\": null}";

        // When
        JsonNode response = response("\"input\": \"How is it?\", \"tools\": [" + tool + "]");
        JsonNode next =
                response("\"tools\": [" + tool + "], \"input\": [{\"role\": \"user\", \"content\": \"How is it?\"}, "
                        + response.path("output").path(0) + ", "
                        + response.path("output").path(1)
                        + ", {\"type\": \"function_call_output\", \"call_id\": \"x\", \"output\": \"Rain\"}]");

        // Then
        JsonNode call = response.path("output").path(1);
        assertThat(response.path("output").path(0).path("type").asText()).isEqualTo("message");
        assertThat(call.path("type").asText()).as(response.toString()).isEqualTo("function_call");
        assertThat(call.path("arguments").asText()).isEqualTo(CallingModel.ARGUMENTS);
        assertThat(response.path("tools")).hasSize(1);
        assertThat(next.path("status").asText()).as(next.toString()).isEqualTo("completed");
        assertThat(next.path("usage").path("input_tokens").asInt())
                .isGreaterThan(response.path("usage").path("input_tokens").asInt());
    }

    @Test
    void aStreamedResponseBuildsUpTheSameOutput() throws IOException {
        // Given
        serve(CallingModel.save(store));
        String fields =
                "{\"temperature\": 0, \"stream\": true, \"input\": \"How is it?\", \"tools\": [{\"type\": \"function\","
                        + " \"name\": \"weather\"}]}";

        // When
        String stream = api.post("/v1/responses", fields).body();

        // Then
        List<JsonNode> events = stream.lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> json(line.substring("data: ".length())))
                .toList();
        JsonNode output = events.getLast().path("response").path("output");
        List<JsonNode> done = new ArrayList<>();
        StringBuilder arguments = new StringBuilder();
        for (JsonNode event : events) {
            switch (event.path("type").asText()) {
                case "response.output_item.done" -> {
                    assertThat(event.path("output_index").asInt()).isEqualTo(done.size());
                    done.add(event.path("item"));
                }
                case "response.function_call_arguments.delta" ->
                    arguments.append(event.path("delta").asText());
                default -> {}
            }
        }
        assertThat(done).hasSize(2).containsExactlyElementsOf(output);
        assertThat(arguments).hasToString(CallingModel.ARGUMENTS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"tool_choice\": \"required\" | tool_choice | with the name of one of",
                "\"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"x\"}}, \"tools\": [NEWS] | tool_choice | \"x\"",
                "\"tools\": [{\"type\": \"web_search\", \"name\": \"x\"}] | tools | functions",
                "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"<im_end>\"}}] | tools | letters",
                "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": 0}}] | tools | letters",
                "\"tools\": [NEWS, NEWS] | tools | of its own",
                "\"tools\": [NEWS] | tools | would not call one by itself",
                "\"tools\": [NEWS], \"response_format\": {\"type\": \"json_object\"} | response_format | 'tools' and 'response_format'",
                "\"tool_choice\": \"required\", \"tools\": [{\"function\": {\"name\": \"f\", \"parameters\": {\"not\": {}}}}] | tools | #/not",
            })
    void wrongToolsAreRefusedByName(String fields, String param, String message) {
        // Given
        serve(first);

        // When
        HttpResponse<String> response = api.post(body(ASKED, fields));

        // Then
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        JsonNode error = json(response.body()).path("error");
        assertThat(error.path("param").asText()).isEqualTo(param);
        assertThat(error.path("message").asText()).contains(message);
    }

    /** Whatever stands in a message: half a character, or more than one may have. */
    @ParameterizedTest
    @ValueSource(strings = {"\\ud800", "LONG"})
    void whatNoMessageMayHoldIsRefusedByName(String content) {
        // Given
        serve(first);
        String said = content.replace("LONG", "x".repeat(100_001));
        String messages = "[{\"role\": \"user\", \"content\": \"" + said + "\"}]";

        // When
        HttpResponse<String> response =
                api.post(body(messages, "\"tool_choice\": \"required\", \"tools\": [" + WEATHER + "]"));

        // Then
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(json(response.body()).path("error").path("param").asText()).isEqualTo("messages");
    }

    /** Characters of several tokens are pieces without text on the way. */
    @Test
    void noMessageBeginsBehindAForcedCall() {
        // Given
        serve(first);
        String fields =
                """
                {"temperature": 0, "stream": true, "top_logprobs": 1, "input": "How is it?", "tool_choice": "required",
                 "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object",
                 "properties": {"city": {"enum": ["火车站"]}}, "required": ["city"]}}]}""";

        // When
        String stream = api.post("/v1/responses", fields).body();

        // Then
        List<Integer> places = stream.lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> json(line.substring("data: ".length())))
                .filter(event -> event.path("type").asText().equals("response.output_item.added"))
                .map(event -> event.path("output_index").asInt())
                .toList();
        assertThat(places).as(stream).isNotEmpty().doesNotHaveDuplicates().isSorted();
    }

    private static String body(String messages, String fields) {
        String named = fields.replace("WEATHER", WEATHER).replace("NEWS", NEWS);
        String temperature = named.contains("temperature") ? "" : "\"temperature\": 0, ";
        return "{" + temperature + "\"max_tokens\": 400, \"messages\": " + messages + ", " + named + "}";
    }

    private JsonNode chat(String messages, String fields) {
        return answer("/v1/chat/completions", body(messages, fields));
    }

    private JsonNode response(String fields) {
        return answer("/v1/responses", "{\"temperature\": 0, " + fields + "}");
    }

    private JsonNode answer(String path, String body) {
        HttpResponse<String> response = api.post(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response.body());
    }

    private static List<JsonNode> choices(List<String> events) {
        return events.subList(0, events.size() - 1).stream()
                .map(event -> json(event).path("choices").path(0))
                .toList();
    }

    private static String said(List<JsonNode> choices) {
        StringBuilder text = new StringBuilder();
        choices.forEach(
                choice -> text.append(choice.path("delta").path("content").asText("")));
        return text.toString();
    }

    private static String called(List<JsonNode> choices) {
        StringBuilder text = new StringBuilder();
        for (JsonNode choice : choices) {
            JsonNode function = choice.path("delta").path("tool_calls").path(0).path("function");
            text.append(function.path("name").asText(""))
                    .append(function.path("arguments").asText(""));
        }
        return text.toString();
    }
}
