package io.alignstream.local.input;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputJson;
import io.alignstream.local.input.file.LineReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Events in a file of JSON lines, {@code .jsonl} or {@code .jsonl.gz}, one event a line in the topic's own JSON.
 *
 * <p>An instance exists only for a file that was read through and found valid; {@link #forEach} reads it again, so that
 * neither pass holds more than a line and the ids. Blank lines are skipped, unknown fields are refused: they are mostly
 * misspelt ones. Immutable; thread-safe as far as nobody changes the file.
 */
public final class JsonLines<T> {

    /** What the command line tells its users about files of instructions. */
    public static final String INSTRUCTIONS_HELP =
            "JSON lines, {\"messages\": [{\"role\": \"user\", \"content\": \"...\"}],"
                    + " \"referenceAnswers\": [\"...\"], \"id\": \"...\", \"tags\": {}}; id and tags may be left out.";

    /** What the command line tells its users about files of prompts. */
    public static final String PROMPTS_HELP = "JSON lines, {\"messages\": [{\"role\": \"user\", \"content\": \"...\"}],"
            + " \"id\": \"...\", \"tags\": {}}; id and tags may be left out.";

    /** What the command line tells its users about files of rankings. */
    public static final String RANKINGS_HELP = "JSON lines, {\"request\": {\"requestId\": \"...\", \"messages\": [...],"
            + " \"answers\": [\"...\", \"...\"]}, \"ranking\": {\"annotator\": \"...\", \"order\": [[1], [0, 2]],"
            + " \"scores\": [], \"reasons\": [], \"guidelineVersion\": \"...\"}}; order names answers from 0, best first,"
            + " ties together; a request ranked by several annotators is repeated in each one's line.";

    private final Path file;
    private final Parser<T> parser;
    private final long size;

    /** Reads the file through; {@code named} lists the things that a name must not stand for twice. */
    private JsonLines(Path file, Parser<T> parser, Function<T, Map<String, Object>> named) {
        this.file = file;
        this.parser = parser;
        Names names = new Names(file);
        long[] count = {0};
        read((line, json) -> {
            T event = parser.parse(file, line, json);
            named.apply(event).forEach((name, thing) -> names.add(name, line, thing));
            count[0]++;
        });
        if (count[0] == 0) {
            throw new InputException(file, "holds no events; give it one JSON object a line");
        }
        this.size = count[0];
    }

    /**
     * Instructions; one without id is named after its content.
     *
     * @throws InputException at the first invalid line
     */
    public static JsonLines<Instruction> instructions(Path file) {
        return new JsonLines<>(
                file,
                (path, line, json) -> InputJson.record(path, line, withId(json), Instruction.class),
                instruction -> Map.of("id " + instruction.id(), instruction));
    }

    /**
     * Prompts; one without id is named after its content.
     *
     * @throws InputException at the first invalid line
     */
    public static JsonLines<Prompt> prompts(Path file) {
        return new JsonLines<>(
                file,
                (path, line, json) -> InputJson.record(path, line, withId(json), Prompt.class),
                prompt -> Map.of("id " + prompt.id(), prompt));
    }

    /**
     * Rankings, each beside its request, whose id it need not repeat.
     *
     * @throws InputException at the first invalid line
     */
    public static JsonLines<RankedRequest> rankings(Path file) {
        return new JsonLines<>(
                file,
                (path, line, json) -> InputJson.record(path, line, withRequestId(json), RankedRequest.class),
                ranked -> Map.of(
                        "request " + ranked.request().requestId(),
                        ranked.request(),
                        "the ranking of request " + ranked.request().requestId() + " by annotator "
                                + ranked.ranking().annotator(),
                        ranked.ranking()));
    }

    /** How many events the file holds. */
    public long size() {
        return size;
    }

    /**
     * Gives each event to {@code events}, in the file's order.
     *
     * @throws InputException if the file has been changed and is not valid any more
     */
    public void forEach(Consumer<T> events) {
        read((line, json) -> events.accept(parser.parse(file, line, json)));
    }

    private void read(LineConsumer lines) {
        try (LineReader reader = LineReader.open(file)) {
            String line;
            while ((line = reader.next()) != null) {
                if (!line.isBlank()) {
                    lines.accept(reader.lineNumber(), InputJson.object(file, reader.lineNumber(), line));
                }
            }
        }
    }

    private static ObjectNode withId(ObjectNode json) {
        if (!json.has("id")) {
            json.put("id", Sha256.hex(json.toString()));
        }
        return json;
    }

    private static ObjectNode withRequestId(ObjectNode json) {
        if (json.get("request") instanceof ObjectNode request
                && json.get("ranking") instanceof ObjectNode ranking
                && request.has("requestId")
                && !ranking.has("requestId")) {
            ranking.set("requestId", request.get("requestId"));
        }
        return json;
    }

    /** Makes an event of a line's JSON, or throws an {@link InputException}. */
    private interface Parser<T> {

        T parse(Path file, long line, ObjectNode json);
    }

    /** Takes a line's JSON. */
    private interface LineConsumer {

        void accept(long line, ObjectNode json);
    }

    /** Refuses two different things under one name: the later one would silently replace the earlier. */
    private static final class Names {

        private final Path file;
        private final Map<String, Entry> entries = new HashMap<>();

        Names(Path file) {
            this.file = file;
        }

        void add(String name, long line, Object thing) {
            Entry now = new Entry(line, Sha256.hex(InputJson.write(thing)));
            Entry before = entries.putIfAbsent(name, now);
            if (before != null && !before.hash().equals(now.hash())) {
                throw new InputException(
                        file, line, name + " stands in line " + before.line() + " with other content; rename one");
            }
        }

        private record Entry(long line, String hash) {}
    }
}
