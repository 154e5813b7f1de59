package io.alignstream.local.command.exchange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdOutputStream;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.languagemodel.exchange.AtomicWrite;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.GZIPOutputStream;

/** A new file of JSON lines for other programs, packed if its name ends in {@code .gz} or {@code .zst}. */
final class ExchangeFile {

    private ExchangeFile() {}

    /**
     * Writes {@code events} to {@code target} and says what became of them.
     *
     * @param format the lines that say an event; an {@link InvalidInputException} says why there are none, which is counted
     * @param name of what is written, for people
     * @throws FileAlreadyExistsException if {@code target} exists, for which {@link #requireNew} has a better word
     */
    static <T> void write(
            List<T> events, Function<T, List<ObjectNode>> format, String name, Path target, Console console)
            throws IOException {
        Map<String, Integer> unsaid = new TreeMap<>();
        long[] lines = {0};
        long[] written = {0};
        AtomicWrite.create(target, unfinished -> {
            try (BufferedWriter out = open(unfinished, target.toString())) {
                for (T event : events) {
                    try {
                        for (ObjectNode json : format.apply(event)) {
                            out.write(json.toString());
                            out.newLine();
                            lines[0]++;
                        }
                        written[0]++;
                    } catch (InvalidInputException e) {
                        unsaid.merge(String.valueOf(e.getMessage()), 1, Integer::sum);
                    }
                }
            }
        });
        console.line("wrote %,d lines of %,d %s to %s".formatted(lines[0], written[0], name, target));
        unsaid.forEach((reason, count) -> console.line("left out %,d: %s".formatted(count, reason)));
    }

    /**
     * Fails before anything is started if {@code target} cannot be written.
     *
     * @throws LaunchException if it exists or is named as something else than JSON lines
     */
    static void requireNew(Path target) {
        if (!target.toString().matches(".*\\.jsonl?(\\.gz|\\.zst)?")) {
            throw new LaunchException("JSON lines are written, so the file's name must end in .jsonl, .jsonl.gz or"
                    + " .jsonl.zst, but it is " + target + ".");
        }
        if (Files.exists(target)) {
            throw new LaunchException(target + " is there already; name a new file.");
        }
    }

    /** @param name tells by its end how the file is packed */
    private static BufferedWriter open(Path unfinished, String name) throws IOException {
        OutputStream file = Files.newOutputStream(unfinished);
        OutputStream out = name.endsWith(".gz")
                ? new GZIPOutputStream(file)
                : name.endsWith(".zst") ? new ZstdOutputStream(file) : file;
        return new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    }
}
