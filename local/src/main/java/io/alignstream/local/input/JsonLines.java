package io.alignstream.local.input;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputJson;
import io.alignstream.local.input.file.LineReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Events in a file of JSON lines, {@code .jsonl} or {@code .jsonl.gz}, one event a line in the topic's own JSON.
 *
 * <p>A file is read through before anything of it is published. A line that holds no event is set aside with its reason, and
 * so is one that says something else under the name of an earlier one; above a share the file is refused. {@link #forEach}
 * reads it again, so that neither pass holds more than a line and the ids. Blank lines are skipped, unknown fields are
 * refused: they are mostly misspelt ones. For one thread.
 */
public final class JsonLines<T> {

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
    private final InputReport report;
    private final Set<Long> setAside = new HashSet<>();
    private final long size;

    /** Reads the file through; {@code named} lists the things that a name must not stand for twice. */
    private JsonLines(Path file, double mostSetAside, Parser<T> parser, Function<T, Map<String, Object>> named) {
        this.file = file;
        this.parser = parser;
        this.report = new InputReport(mostSetAside, InputReport.WAY_OUT);
        Names names = new Names(file);
        long[] count = {0};
        try (LineReader lines = LineReader.open(file)) {
            String line;
            while ((line = next(lines)) != null) {
                long number = lines.lineNumber();
                try {
                    T event = event(number, line);
                    names.addAll(number, named.apply(event));
                    report.take();
                    count[0]++;
                } catch (InputException e) {
                    setAside(number, e);
                }
            }
        }
        report.requireMost();
        if (count[0] == 0) {
            throw new InputException(file, "holds no events; give it one JSON object a line");
        }
        this.size = count[0];
    }

    /**
     * Prompts; one without id is named after its content.
     *
     * @param mostSetAside share of the lines that may be faulty, 0 to 1
     * @throws InputException if more lines are faulty than may be
     */
    public static JsonLines<Prompt> prompts(Path file, double mostSetAside) {
        return new JsonLines<>(
                file,
                mostSetAside,
                (path, line, json) -> InputJson.record(path, line, withId(json), Prompt.class),
                prompt -> Map.of("id " + prompt.id(), prompt));
    }

    /**
     * Rankings, each beside its request, whose id it need not repeat.
     *
     * @param mostSetAside share of the lines that may be faulty, 0 to 1
     * @throws InputException if more lines are faulty than may be
     */
    public static JsonLines<RankedRequest> rankings(Path file, double mostSetAside) {
        return new JsonLines<>(
                file,
                mostSetAside,
                (path, line, json) -> InputJson.record(path, line, withRequestId(json), RankedRequest.class),
                ranked -> Map.of(
                        "request " + ranked.request().requestId(),
                        ranked.request(),
                        "the ranking of request " + ranked.request().requestId() + " by annotator "
                                + ranked.ranking().annotator(),
                        ranked.ranking()));
    }

    /** What the file holds, and what was set aside, for people, a line each. */
    public List<String> lines(String name) {
        List<String> lines = new ArrayList<>();
        lines.add("%s: %,d %s".formatted(file, size, name));
        lines.addAll(report.lines());
        return lines;
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
        try (LineReader lines = LineReader.open(file)) {
            String line;
            while ((line = next(lines)) != null) {
                events.accept(event(lines.lineNumber(), line));
            }
        }
    }

    private void setAside(long line, InputException fault) {
        setAside.add(line);
        report.setAside(fault);
    }

    private T event(long number, String line) {
        return parser.parse(file, number, InputJson.object(file, number, line));
    }

    /** The next line that is neither blank nor set aside. */
    private @Nullable String next(LineReader lines) {
        String line;
        do {
            line = lines.next(fault -> {
                if (!setAside.contains(lines.lineNumber())) {
                    setAside(lines.lineNumber(), fault);
                }
            });
        } while (line != null && (line.isBlank() || setAside.contains(lines.lineNumber())));
        return line;
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

    /** Refuses two different things under one name: the later one would silently replace the earlier. */
    private static final class Names {

        private final Path file;
        private final Map<String, Entry> entries = new HashMap<>();

        Names(Path file) {
            this.file = file;
        }

        void addAll(long line, Map<String, Object> things) {
            Map<String, Entry> now = new HashMap<>();
            things.forEach((name, thing) -> now.put(name, new Entry(line, Sha256.hex(InputJson.write(thing)))));
            now.forEach((name, entry) -> {
                Entry before = entries.get(name);
                if (before != null && !before.hash().equals(entry.hash())) {
                    throw new InputException(
                            file, line, name + " stands in line " + before.line() + " with other content; rename one");
                }
            });
            now.forEach(entries::putIfAbsent);
        }

        private record Entry(long line, String hash) {}
    }
}
