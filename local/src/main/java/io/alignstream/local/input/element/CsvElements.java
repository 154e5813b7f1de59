package io.alignstream.local.input.element;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.PackedStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table as RFC 4180 has it: the first row names the columns, cells with line ends, separators or quotation marks stand in
 * quotation marks, those in them are doubled. Separated by commas, semicolons or tabs, whichever the first line has most of.
 * A column without a name is left out.
 */
record CsvElements() implements ElementFile.Kind {

    @Override
    public void read(Path file, ElementFile.Taker taker) throws IOException {
        try (InputStream in = new BufferedInputStream(PackedStream.open(file, read -> {}))) {
            Rows rows = new Rows(file, in);
            List<String> names = rows.next();
            if (rows.fault != null) {
                throw rows.fault;
            }
            if (names == null) {
                return;
            }
            List<String> named = names.stream().filter(name -> !name.isBlank()).toList();
            if (new HashSet<>(named).size() < named.size()) {
                throw new InputException(file, rows.begin, "two columns have one name; the first row must name them");
            }
            List<String> cells;
            while ((cells = rows.next()) != null) {
                if (rows.fault == null && cells.size() != names.size()) {
                    rows.fault = new InputException(
                            file,
                            rows.begin,
                            "the row has " + cells.size() + " cells, not the first row's " + names.size());
                }
                if (rows.fault == null) {
                    taker.take("line " + rows.begin, element(names, cells));
                } else {
                    taker.setAside(rows.fault);
                }
            }
        }
    }

    private static ObjectNode element(List<String> names, List<String> cells) {
        ObjectNode element = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < names.size(); i++) {
            if (!names.get(i).isBlank()) {
                element.put(names.get(i), cells.get(i));
            }
        }
        return element;
    }

    /** Cuts a table into its rows byte by byte, so that what is wrong inside one does no harm to the others. */
    private static final class Rows {

        private static final int MOST_HEADER = 1 << 16;

        private final Path file;
        private final InputStream in;
        private final Piece cell = new Piece();
        private final int separator;
        private long line = 1;

        /** The line in which the row begins that was read last. */
        private long begin;

        /** What is wrong with that row. */
        private @Nullable InputException fault;

        /** Reads {@code in}, which can go back to a mark. */
        Rows(Path file, InputStream in) throws IOException {
            this.file = file;
            this.in = in;
            in.mark(MOST_HEADER);
            if (!(in.read() == 0xEF && in.read() == 0xBB && in.read() == 0xBF)) {
                in.reset();
            }
            this.separator = separator();
        }

        private int separator() throws IOException {
            int[] count = new int[128];
            boolean quoted = false;
            in.mark(MOST_HEADER);
            int read = in.read();
            for (int bytes = 1; read >= 0 && read != '\n' && bytes < MOST_HEADER; bytes++) {
                quoted ^= read == '"';
                if (!quoted && read < count.length) {
                    count[read]++;
                }
                read = in.read();
            }
            in.reset();
            int most = count[','] >= count[';'] ? ',' : ';';
            return count[most] >= count['\t'] ? most : '\t';
        }

        /**
         * The cells of the next row that is not blank, null behind the last one.
         *
         * @throws InputException if a cell is not closed before the file ends
         */
        @Nullable
        List<String> next() throws IOException {
            List<String> cells;
            boolean more;
            do {
                begin = line;
                fault = null;
                cells = new ArrayList<>();
                more = row(cells);
            } while (more && cells.size() == 1 && cells.getFirst().isBlank());
            return cells.size() == 1 && cells.getFirst().isBlank() && fault == null ? null : cells;
        }

        /** Reads a row; whether it was not the last one. */
        private boolean row(List<String> cells) throws IOException {
            boolean quoted = false;
            boolean closed = false;
            while (true) {
                int read = in.read();
                if (read == '\n') {
                    line++;
                }
                if (read < 0 && quoted) {
                    throw new InputException(file, begin, "a quotation mark is opened in this row and never closed");
                }
                if (!quoted && (read < 0 || read == '\n' || read == separator)) {
                    end(cells);
                    closed = false;
                    if (read != separator) {
                        return read >= 0;
                    }
                } else if (read == '"' && quoted) {
                    quoted = false;
                    closed = true;
                } else if (read == '"' && (closed || cell.isEmpty())) {
                    quoted = true;
                    if (closed) {
                        cell.add(read);
                    }
                    closed = false;
                } else {
                    cell.add(read);
                    closed = false;
                }
            }
        }

        private void end(List<String> cells) {
            String text = cell.take(problem -> fault = new InputException(file, begin, problem));
            cells.add(text == null ? "-" : text.replace("\r\n", "\n").replaceFirst("\r$", ""));
        }
    }
}
