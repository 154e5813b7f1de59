package io.alignstream.local.input.element;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.LineReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A table as RFC 4180 has it: the first row names the columns, cells with line ends, separators or quotation marks stand in
 * quotation marks, those in them are doubled. Separated by commas, semicolons or tabs, whichever the first row has most of.
 */
record CsvElements() implements ElementFile.Kind {

    @Override
    public void read(Path file, ElementFile.Taker taker) {
        try (LineReader lines = LineReader.open(file)) {
            Row header = next(file, lines, taker);
            if (header == null) {
                return;
            }
            char separator = separator(header.text);
            List<String> names = cells(header.text, separator);
            if (new HashSet<>(names).size() < names.size()) {
                throw new InputException(file, header.line, "two columns have one name; the first row must name them");
            }
            Row row;
            while ((row = next(file, lines, taker)) != null) {
                List<String> cells = cells(row.text, separator);
                if (cells.size() == names.size()) {
                    take(row, names, cells, taker);
                } else {
                    taker.setAside(new InputException(
                            file,
                            row.line,
                            "the row has " + cells.size() + " cells, not the first row's " + names.size()));
                }
            }
        }
    }

    private static void take(Row row, List<String> names, List<String> cells, ElementFile.Taker taker) {
        ObjectNode element = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < names.size(); i++) {
            element.put(names.get(i), cells.get(i));
        }
        taker.take("line " + row.line, element);
    }

    /**
     * A row as it stands in the file.
     *
     * @param line where it begins
     */
    private record Row(long line, String text) {}

    /** The next row that is not blank, null after the last one. */
    private static @Nullable Row next(Path file, LineReader lines, ElementFile.Taker taker) {
        String line;
        do {
            line = lines.next(taker::setAside);
        } while (line != null && line.isBlank());
        if (line == null) {
            return null;
        }
        long begin = lines.lineNumber();
        StringBuilder row = new StringBuilder(line);
        long marks = marks(line);
        while (marks % 2 == 1) {
            line = lines.next(taker::setAside);
            if (line == null || row.length() > LineReader.MAX_LINE_BYTES) {
                throw new InputException(file, begin, "a quotation mark is opened in this row and never closed");
            }
            row.append('\n').append(line);
            marks += marks(line);
        }
        return new Row(begin, row.toString());
    }

    private static long marks(String line) {
        return line.chars().filter(c -> c == '"').count();
    }

    private static char separator(String header) {
        return Stream.of(',', ';', '\t')
                .max(Comparator.comparing(
                        separator -> header.chars().filter(c -> c == separator).count()))
                .orElseThrow();
    }

    private static List<String> cells(String row, char separator) {
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < row.length(); i++) {
            char c = row.charAt(i);
            if (c == '"' && quoted && i + 1 < row.length() && row.charAt(i + 1) == '"') {
                cell.append(c);
                i++;
            } else if (c == '"' && (quoted || cell.isEmpty())) {
                quoted = !quoted;
            } else if (c == separator && !quoted) {
                cells.add(cell.toString());
                cell.setLength(0);
            } else {
                cell.append(c);
            }
        }
        cells.add(cell.toString());
        return cells;
    }
}
