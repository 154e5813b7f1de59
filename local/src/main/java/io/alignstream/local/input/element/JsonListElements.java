package io.alignstream.local.input.element;

import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.PackedStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * A list of JSON objects; or JSON lines, which many files are under this name.
 *
 * <p>The list is cut at its commas before anything is parsed, so that what is wrong inside one element does no harm to the
 * others as long as its quotes and brackets are closed.
 */
record JsonListElements() implements ElementFile.Kind {

    @Override
    public void read(Path file, ElementFile.Taker taker) throws IOException {
        try (InputStream in = new BufferedInputStream(PackedStream.open(file, read -> {}))) {
            if (first(in) == '[') {
                new Cut(file, taker).read(in);
                return;
            }
        }
        new JsonLineElements().read(file, taker);
    }

    /** The first byte that is neither white space nor of a byte order mark, -1 if there is none. */
    private static int first(InputStream in) throws IOException {
        int read = in.read();
        while (isBlank(read) || read == 0xEF || read == 0xBB || read == 0xBF) {
            read = in.read();
        }
        return read;
    }

    private static boolean isBlank(int read) {
        return read == ' ' || read == '\n' || read == '\r' || read == '\t';
    }

    /** Cuts the list behind its opening bracket. */
    private static final class Cut {

        private final Path file;
        private final ElementFile.Taker taker;
        private final Piece element = new Piece();
        private long number = 1;

        Cut(Path file, ElementFile.Taker taker) {
            this.file = file;
            this.taker = taker;
        }

        void read(InputStream in) throws IOException {
            int depth = 1;
            boolean quoted = false;
            boolean escaped = false;
            while (depth > 0) {
                int read = in.read();
                if (read < 0) {
                    throw new InputException(
                            file,
                            place(),
                            "the list ends too early; a quote or bracket is not closed, or the file was cut off");
                }
                if (quoted) {
                    quoted = escaped || read != '"';
                    escaped = !escaped && read == '\\';
                } else if (read == '"') {
                    quoted = true;
                } else if (read == '[' || read == '{') {
                    depth++;
                } else if (read == ']' || read == '}') {
                    depth--;
                }
                if (depth == 0 || depth == 1 && read == ',' && !quoted) {
                    give(depth == 0);
                } else {
                    element.add(read);
                }
            }
            if (first(in) >= 0) {
                throw new InputException(file, "something follows behind the end of the list; a file holds one list");
            }
        }

        private void give(boolean last) {
            String text = element.take(problem -> taker.setAside(new InputException(file, place(), problem)));
            if (text != null && !(last && text.isBlank())) {
                JsonLineElements.give(file, place(), text, taker);
            }
            number++;
        }

        private String place() {
            return "element " + number;
        }
    }
}
