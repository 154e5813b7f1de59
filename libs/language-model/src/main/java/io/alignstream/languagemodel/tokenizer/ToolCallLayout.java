package io.alignstream.languagemodel.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.BitSet;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a chat template writes the call of a tool in an answer, read off a call that it was let to write: {@code lead}, {@code
 * marker}, {@code object}, the tool's name, {@code between}, the arguments as a JSON object.
 *
 * @param lead what an answer that calls begins with and is no part of the call, an empty thought for example
 * @param marker what announces a call, {@code <tool_call>} and a new line for example; empty where a call is an answer in JSON
 * @param object how a JSON object begins that holds the name, perhaps with an array around it; empty where the name stands bare
 * @param between what stands between name and arguments
 * @param alsoMarker another announcement that models of this template make; empty for none
 */
public record ToolCallLayout(String lead, String marker, String object, String between, String alsoMarker) {

    public ToolCallLayout {
        if (object.isEmpty() && marker.isBlank()) {
            throw new IllegalArgumentException("a bare name needs an announcement that is not blank");
        }
    }

    /** Of a model whose template writes no calls. */
    public static final ToolCallLayout PLAIN = new ToolCallLayout("", "", "{\"name\": \"", "\", \"arguments\": ", "");

    /** A name that no template says of itself. */
    static final String PROBE = "harbour_lookup";

    /** Llama's models write it before calls of any tool, their template before those of built-in ones. */
    private static final String PYTHON_TAG = "<|python_tag|>";

    private static final ObjectNode ARGUMENTS =
            JsonNodeFactory.instance.objectNode().put("harbour_name", "old bridge");
    private static final Pattern OBJECT = Pattern.compile("(?:\\[\\s*)?\\{\\s*\"name\"\\s*:\\s*\"$");
    private static final Pattern MEMBER = Pattern.compile("\"(\\w+)\"\\s*:\\s*$");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** The tools that are offered to find out. */
    static JsonNode probeTools() {
        ObjectNode tool = JsonNodeFactory.instance.objectNode().put("type", "function");
        ObjectNode parameters = tool.putObject("function")
                .put("name", PROBE)
                .put("description", PROBE)
                .putObject("parameters")
                .put("type", "object");
        parameters.putObject("properties").putObject("harbour_name").put("type", "string");
        return JsonNodeFactory.instance.arrayNode().add(tool);
    }

    /** A message that calls one. */
    static JsonNode probe() {
        ObjectNode message = JsonNodeFactory.instance.objectNode().put("role", "assistant");
        message.putNull("content");
        ObjectNode call = message.putArray("tool_calls").addObject();
        call.put("id", "abcdefghi").put("type", "function"); // nine characters, which Mistral's template asks for
        call.putObject("function").put("name", PROBE).set("arguments", ARGUMENTS);
        return message;
    }

    /**
     * Reads it off the turn that a template makes of {@link #probe}.
     *
     * @param opening what stands before what is said in any answer
     */
    static Optional<ToolCallLayout> read(String turn, String opening, String template) {
        int name = turn.indexOf(PROBE);
        int arguments = turn.indexOf('{', name + PROBE.length());
        if (name < 0 || arguments < 0 || !beginsWithArguments(turn.substring(arguments))) {
            return Optional.empty();
        }
        String before = turn.substring(0, name);
        String between = turn.substring(name + PROBE.length(), arguments);
        String lead = before.startsWith(opening) ? opening : "";
        Matcher object = OBJECT.matcher(before);
        int begin = object.find(lead.length()) ? object.start() : name;
        boolean named = begin < name
                ? between.startsWith("\"") && MEMBER.matcher(between).find()
                : !before.substring(lead.length(), begin).isBlank(); // nothing else tells a bare name from text
        return named
                ? Optional.of(new ToolCallLayout(
                        lead,
                        before.substring(lead.length(), begin),
                        before.substring(begin),
                        between,
                        template.contains(PYTHON_TAG) ? PYTHON_TAG : ""))
                : Optional.empty();
    }

    /** Whether JSON of the arguments comes first, whatever comes behind it. */
    private static boolean beginsWithArguments(String text) {
        try {
            return ARGUMENTS.equals(JSON.readTree(text));
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    /** The name of the member that holds the arguments, where name and arguments are members of an object. */
    public String argumentsMember() {
        Matcher member = MEMBER.matcher(between);
        return member.find() ? member.group(1) : "arguments";
    }

    /** Control tokens that are a part of a call: they end no turn, and what they are called belongs to the text. */
    public BitSet tokens(Tokenizer tokenizer) {
        BitSet tokens = new BitSet();
        for (String said : new String[] {marker, between, alsoMarker}) {
            for (int id : tokenizer.encodeTrusted(said)) {
                tokens.set(id, tokenizer.byteLength(id) == 0);
            }
        }
        tokens.clear(tokenizer.endOfTurn());
        return tokens;
    }
}
