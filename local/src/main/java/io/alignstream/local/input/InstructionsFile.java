package io.alignstream.local.input;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.exchange.InstructionFormat;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.local.input.element.ElementFile;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputJson;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Instructions in a file of JSON lines, a JSON list, CSV or Parquet, each element in one of the {@link InstructionFormat}s.
 *
 * <p>Read through when it is opened: an element that says no instruction is set aside with its reason, and so is one that says
 * something else under the id of an earlier one; above a share the file is refused. What repeats an earlier element adds
 * nothing. {@link #forEach} reads the file again, so that neither pass holds more than an element and some hashes. For one
 * thread.
 */
public final class InstructionsFile {

    /** What the command line tells its users about such files. */
    public static final String HELP =
            "A file of .jsonl, .json, .csv or .parquet, also packed as .gz or .zst. Each element is"
                    + " one of ours, {\"messages\": [{\"role\": \"user\", \"content\": \"...\"}], \"referenceAnswers\": [\"...\"],"
                    + " \"id\": \"...\", \"tags\": {}} (id and tags may be left out); Alpaca's instruction, input, output; ShareGPT's"
                    + " conversations; or OpenAI's messages, of which turns with weight 0 are not learned. What says no instruction"
                    + " is set aside and counted; above a share nothing is published.";

    private final Path file;
    private final InputReport report;
    private final Map<InstructionFormat, Long> formats = new EnumMap<>(InstructionFormat.class);
    private long size;
    private long repeated;

    private InstructionsFile(Path file, double mostSetAside) {
        this.file = file;
        this.report = new InputReport(mostSetAside, InputReport.WAY_OUT);
        forEach(instruction -> {});
        if (size == 0) {
            throw new InputException(file, "holds no instructions");
        }
    }

    /**
     * Reads {@code file} through.
     *
     * @param mostSetAside share of its elements that may be faulty, 0 to 1
     * @throws InputException if it cannot be read, holds no instruction, or more is faulty than may be
     */
    public static InstructionsFile open(Path file, double mostSetAside) {
        return new InstructionsFile(file, mostSetAside);
    }

    /** How many instructions it holds. */
    public long size() {
        return size;
    }

    /** How many of them are in each format. */
    public Map<InstructionFormat, Long> formats() {
        return Map.copyOf(formats);
    }

    /** How many more say what an earlier one says. */
    public long repeated() {
        return repeated;
    }

    /** What the file holds and why some of it was not taken, for people, a line each. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("%s: %,d instructions, %s"
                .formatted(
                        file,
                        size,
                        formats.entrySet().stream()
                                .map(entry -> "%,d in the format %s".formatted(entry.getValue(), entry.getKey()))
                                .collect(Collectors.joining(", "))));
        if (repeated > 0) {
            lines.add("%,d more repeat earlier ones".formatted(repeated));
        }
        lines.addAll(report.lines());
        return lines;
    }

    /**
     * Gives each instruction to {@code instructions}, in the file's order.
     *
     * @throws InputException if the file cannot be read any more, or too much of it is faulty
     */
    public void forEach(Consumer<Instruction> instructions) {
        report.clear();
        formats.clear();
        size = 0;
        repeated = 0;
        Map<String, Said> said = new HashMap<>();
        new ElementFile(file).read(new ElementFile.Taker() {

            @Override
            public void take(String place, ObjectNode element) {
                List<Instruction> fresh;
                try {
                    fresh = fresh(place, element, said);
                } catch (InvalidInputException e) {
                    setAside(new InputException(file, place, String.valueOf(e.getMessage())));
                    return;
                } catch (InputException e) {
                    setAside(e);
                    return;
                }
                report.take();
                fresh.forEach(instructions);
            }

            @Override
            public void setAside(InputException fault) {
                report.setAside(fault);
            }
        });
        report.requireMost();
    }

    /** Those instructions of the element that no earlier one has said. */
    private List<Instruction> fresh(String place, ObjectNode element, Map<String, Said> said) {
        InstructionFormat format = InstructionFormat.of(element);
        List<Instruction> fresh = new ArrayList<>();
        for (Instruction instruction : format.read(element)) {
            String hash = Sha256.hex(InputJson.write(instruction));
            Said before = said.putIfAbsent(instruction.id(), new Said(place, hash));
            if (before == null) {
                fresh.add(instruction);
            } else if (before.hash.equals(hash)) {
                repeated++;
            } else {
                throw new InputException(
                        file,
                        place,
                        "id " + instruction.id() + " stands in " + before.place + " with other content; rename one");
            }
        }
        size += fresh.size();
        formats.merge(format, (long) fresh.size(), Long::sum);
        return fresh;
    }

    private record Said(String place, String hash) {}
}
