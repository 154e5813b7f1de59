package io.alignstream.local.input;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.contracts.exchange.RankingFormat;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputJson;
import io.alignstream.local.input.file.LineReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Rankings of others in a file of JSON lines, packed or not, in the format of its first element.
 *
 * <p>Files of others have elements that say no ranking: such a line is set aside with its reason, and so is one that judges
 * the same answers otherwise than an earlier line in the same name. A line that repeats an earlier one adds nothing. Read
 * through when it is opened; {@link #forEach} reads it again, so that neither pass holds more than a line and some hashes.
 */
public final class RankingsFile {

    /** Most lines that are shown of those set aside. */
    static final int SHOWN = 10;

    private final Path file;
    private final RankingFormat format;
    private final String annotator;
    private final List<String> examples = new ArrayList<>();
    private long size;
    private long repeated;
    private long setAside;

    private RankingsFile(Path file, RankingFormat format, @Nullable String annotator) {
        this.file = file;
        this.format = format;
        this.annotator = annotator == null ? format.annotator() : annotator;
        read(ranked -> size++, (line, problem) -> {
            setAside++;
            if (examples.size() < SHOWN) {
                examples.add("line " + line + ": " + problem);
            }
        });
        if (size == 0) {
            throw new InputException(file, "holds no ranking" + (examples.isEmpty() ? "" : "; " + examples.getFirst()));
        }
    }

    /**
     * Reads {@code file} through.
     *
     * @param annotator who ranked; null for a name that says the format
     * @throws InputException if its first element has no known format, or no element is a ranking
     */
    public static RankingsFile open(Path file, @Nullable String annotator) {
        return new RankingsFile(file, formatOf(file), annotator);
    }

    private static RankingFormat formatOf(Path file) {
        try (LineReader lines = LineReader.open(file)) {
            String line = lines.next();
            while (line != null && line.isBlank()) {
                line = lines.next();
            }
            if (line == null) {
                throw new InputException(file, "is empty; give it one JSON object a line");
            }
            return RankingFormat.of(InputJson.object(file, lines.lineNumber(), line));
        } catch (InvalidInputException e) {
            throw new InputException(file, String.valueOf(e.getMessage()));
        }
    }

    public RankingFormat format() {
        return format;
    }

    /** How many rankings it holds. */
    public long size() {
        return size;
    }

    /** How many of its lines say what an earlier line says. */
    public long repeated() {
        return repeated;
    }

    /** How many of its lines are no rankings. */
    public long setAside() {
        return setAside;
    }

    /** Why, for the first of them. */
    public List<String> examples() {
        return List.copyOf(examples);
    }

    /** Gives each ranking to {@code rankings}, in the file's order. */
    public void forEach(Consumer<RankedRequest> rankings) {
        read(rankings, (line, problem) -> {});
    }

    private void read(Consumer<RankedRequest> rankings, Problems problems) {
        repeated = 0;
        Map<String, Said> said = new HashMap<>();
        try (LineReader lines = LineReader.open(file)) {
            String line;
            while ((line = lines.next(fault -> problems.add(lines.lineNumber(), said(fault)))) != null) {
                if (line.isBlank()) {
                    continue;
                }
                long number = lines.lineNumber();
                try {
                    RankedRequest ranked = format.read(InputJson.object(file, number, line), annotator);
                    if (isNew(said, ranked, number)) {
                        rankings.accept(ranked);
                    } else {
                        repeated++;
                    }
                } catch (InputException e) {
                    problems.add(number, said(e));
                } catch (InvalidInputException | Contradiction e) {
                    problems.add(number, String.valueOf(e.getMessage()));
                }
            }
        }
    }

    /** Without the place, which the problem has beside it. */
    private static String said(InputException fault) {
        return String.valueOf(fault.getMessage()).replaceFirst("^.* line \\d+: ", "");
    }

    private static boolean isNew(Map<String, Said> said, RankedRequest ranked, long line) {
        String id = ranked.request().requestId();
        requireSame(said.get(id), hash(ranked.request()), "request " + id + " is another one");
        String key = id + "/" + ranked.ranking().annotator();
        Said before = said.get(key);
        requireSame(
                before, hash(ranked.ranking()), ranked.ranking().annotator() + " judges the same answers otherwise");
        said.putIfAbsent(id, new Said(line, hash(ranked.request())));
        said.putIfAbsent(key, new Said(line, hash(ranked.ranking())));
        return before == null;
    }

    private static void requireSame(@Nullable Said before, String hash, String problem) {
        if (before != null && !before.hash.equals(hash)) {
            throw new Contradiction(problem + " in line " + before.line);
        }
    }

    private static String hash(Object thing) {
        return Sha256.hex(InputJson.write(thing));
    }

    private record Said(long line, String hash) {}

    private static final class Contradiction extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Contradiction(String message) {
            super(message);
        }
    }

    /** Takes what is wrong with a line. */
    private interface Problems {

        void add(long line, String problem);
    }
}
