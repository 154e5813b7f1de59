package io.alignstream.local.input;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.exchange.InstructionFormat;
import io.alignstream.contracts.exchange.PromptElement;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.contracts.exchange.RankingFormat;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.local.input.element.ElementFile;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputJson;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Instructions, rankings or prompts in a file of JSON lines, a JSON list, CSV or Parquet, each element in ours or in another
 * format.
 *
 * <p>Read through when it is opened: an element that says none is set aside with its reason, and so is one that says something
 * else under the name of an earlier one; above a share the file is refused. What repeats an earlier element adds nothing. What
 * of an element counts for nothing is remarked.
 * {@link #forEach} reads the file again, so that neither pass holds more than an element and some 300 bytes of each. For one
 * thread.
 */
public final class EventFile<T> {

    private static final String ENDINGS = "A file of .jsonl, .json, .csv or .parquet, also packed as .gz or .zst. ";

    private static final String SET_ASIDE =
            " What says none is set aside and counted; above a share nothing is published.";

    /** What the command line tells its users about files of instructions. */
    public static final String INSTRUCTIONS_HELP = ENDINGS
            + "Each element is one of ours, {\"messages\": [{\"role\": \"user\", \"content\": \"...\"}], \"referenceAnswers\":"
            + " [\"...\"], \"id\": \"...\", \"tags\": {}} (id and tags may be left out); Alpaca's instruction, input, output;"
            + " ShareGPT's conversations; OpenAI's messages, of which turns with weight 0 are not learned; or TRL's prompt and"
            + " completion."
            + SET_ASIDE;

    /** What the command line tells its users about files of prompts. */
    public static final String PROMPTS_HELP = ENDINGS
            + "Each element is {\"messages\": [{\"role\": \"user\", \"content\": \"...\"}], \"id\": \"...\", \"tags\": {}} (id"
            + " and tags may be left out), or has a prompt, a text or turns." + SET_ASIDE;

    /** What the command line tells its users about files of rankings. */
    public static final String RANKINGS_HELP = ENDINGS
            + "Each element is one of ours, {\"request\": {\"requestId\": \"...\", \"messages\": [...], \"answers\": [\"...\","
            + " \"...\"]}, \"ranking\": {\"annotator\": \"...\", \"order\": [[1], [0, 2]], \"scores\": [], \"reasons\": [],"
            + " \"guidelineVersion\": \"...\"}} (order names answers from 0, best first, ties together; a request ranked by"
            + " several annotators is repeated for each); TRL's prompt, chosen, rejected; hh-rlhf's transcripts; UltraFeedback's"
            + " rated completions; or Argilla's records." + SET_ASIDE;

    /** Leaves room for what Kafka adds. */
    private static final int MOST_BYTES = Topic.MAX_RECORD_BYTES - 64 * 1024;

    private final Path file;
    private final Kind<T> kind;
    private final InputReport report;
    private final Map<String, Long> formats = new TreeMap<>();
    private long size;
    private long repeated;

    /**
     * What a file holds.
     *
     * @param name of it for people, in the plural
     * @param named the things that a name must not stand for twice
     */
    private record Kind<T>(
            String name, Function<ObjectNode, Element<T>> read, Function<T, Map<String, Object>> named) {}

    /**
     * What an element says.
     *
     * @param format as people write it; empty if there is no choice
     * @param remarks on what of it counts for nothing
     */
    private record Element<T>(String format, List<T> events, List<Reason> remarks) {

        Element(String format, List<T> events) {
            this(format, events, List.of());
        }
    }

    private EventFile(Path file, double mostSetAside, Kind<T> kind) {
        this.file = file;
        this.kind = kind;
        this.report = new InputReport(mostSetAside, InputReport.WAY_OUT);
        forEach(event -> {});
        if (size == 0) {
            throw new InputException(file, "holds no " + kind.name);
        }
    }

    /**
     * Reads a file of instructions through.
     *
     * @param mostSetAside share of its elements that may be faulty, 0 to 1
     * @throws InputException if it cannot be read, holds no instruction, or more is faulty than may be
     */
    public static EventFile<Instruction> instructions(Path file, double mostSetAside) {
        return new EventFile<>(
                file,
                mostSetAside,
                new Kind<>(
                        "instructions",
                        element -> {
                            InstructionFormat format = InstructionFormat.of(element);
                            return new Element<>(format.id(), format.read(element));
                        },
                        instruction -> Map.of("id " + instruction.id(), instruction)));
    }

    /**
     * Reads a file of prompts through.
     *
     * @param mostSetAside share of its elements that may be faulty, 0 to 1
     * @throws InputException if it cannot be read, holds no prompt, or more is faulty than may be
     */
    public static EventFile<Prompt> prompts(Path file, double mostSetAside) {
        return new EventFile<>(
                file,
                mostSetAside,
                new Kind<>(
                        "prompts",
                        element -> new Element<>("", List.of(PromptElement.read(element))),
                        prompt -> Map.of("id " + prompt.id(), prompt)));
    }

    /**
     * Reads a file of rankings through, each beside its request.
     *
     * @param mostSetAside share of its elements that may be faulty, 0 to 1
     * @param annotator who ranked; null for a name that says the format. Elements of ours keep their annotators
     * @throws InputException if it cannot be read, holds no ranking, or more is faulty than may be
     */
    public static EventFile<RankedRequest> rankings(Path file, double mostSetAside, @Nullable String annotator) {
        return new EventFile<>(
                file,
                mostSetAside,
                new Kind<>(
                        "rankings",
                        element -> {
                            RankingFormat format = RankingFormat.of(element);
                            String name = annotator == null ? format.annotator() : annotator;
                            List<Reason> remarks = new ArrayList<>();
                            return new Element<>(format.id(), format.read(element, name, remarks::add), remarks);
                        },
                        ranked -> Map.of(
                                "request " + ranked.request().requestId(),
                                ranked.request(),
                                "the ranking of request " + ranked.request().requestId() + " by annotator "
                                        + ranked.ranking().annotator(),
                                ranked.ranking())));
    }

    /** How many events it holds. */
    public long size() {
        return size;
    }

    /** How many of them are in each format. */
    public Map<String, Long> formats() {
        return Map.copyOf(formats);
    }

    /** How many more say what an earlier one says. */
    public long repeated() {
        return repeated;
    }

    /** What the file holds and why some of it was not taken, for people, a line each. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        String inFormats = formats.entrySet().stream()
                .filter(format -> !format.getKey().isEmpty())
                .map(format -> ", %,d in the format %s".formatted(format.getValue(), format.getKey()))
                .collect(Collectors.joining());
        lines.add("%s: %,d %s%s".formatted(file, size, kind.name, inFormats));
        if (repeated > 0) {
            lines.add("%,d more repeat earlier ones".formatted(repeated));
        }
        lines.addAll(report.lines());
        return lines;
    }

    /**
     * Gives each event to {@code events}, in the file's order.
     *
     * @throws InputException if the file cannot be read any more, or too much of it is faulty
     */
    public void forEach(Consumer<T> events) {
        report.clear();
        formats.clear();
        size = 0;
        repeated = 0;
        Map<String, Said> said = new HashMap<>();
        new ElementFile(file).read(new ElementFile.Taker() {

            @Override
            public void take(String place, ObjectNode element) {
                List<T> fresh;
                try {
                    fresh = fresh(place, element, said);
                } catch (InvalidInputException e) {
                    setAside(new InputException(file, place, e.reason()));
                    return;
                } catch (InputException e) {
                    setAside(e);
                    return;
                }
                report.take();
                fresh.forEach(events);
            }

            @Override
            public void setAside(InputException fault) {
                report.setAside(fault);
            }
        });
        report.requireMost();
    }

    /** Those events of the element that no earlier one has said. */
    private List<T> fresh(String place, ObjectNode element, Map<String, Said> said) {
        Element<T> read = kind.read.apply(element);
        Map<String, Said> now = new HashMap<>();
        List<T> fresh = new ArrayList<>();
        for (T event : read.events) {
            boolean isNew = false;
            for (Map.Entry<String, Object> thing : kind.named.apply(event).entrySet()) {
                String name = thing.getKey();
                long hash = hash(place, thing.getValue());
                Said before = said.getOrDefault(name, now.get(name));
                if (before != null && before.hash != hash) {
                    throw new InputException(
                            file,
                            place,
                            name + " stands in " + before.place + " with other content; rename one",
                            "stands twice");
                }
                isNew |= before == null;
                now.put(name, before == null ? new Said(place, hash) : before);
            }
            if (isNew) {
                fresh.add(event);
            }
        }
        said.putAll(now);
        read.remarks.forEach(remark -> report.remark(new InputException(file, place, remark)));
        size += fresh.size();
        repeated += read.events.size() - fresh.size();
        formats.merge(read.format, (long) fresh.size(), Long::sum);
        return fresh;
    }

    private long hash(String place, Object thing) {
        String json = InputJson.write(thing);
        int bytes = json.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MOST_BYTES) {
            throw new InputException(
                    file, place, "it has %,d bytes; an event may have %,d".formatted(bytes, MOST_BYTES));
        }
        return ByteBuffer.wrap(Sha256.bytes(json)).getLong();
    }

    /** A name's first place and the beginning of its hash. */
    private record Said(String place, long hash) {}
}
