package io.alignstream.local.input;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.hash.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A text as a file gives it, of any length: one document, or several if it is too long for one. What every kind of file may
 * say about a text means the same here.
 *
 * <p>Half characters (unpaired surrogates, which JSON and pages may hold) become U+FFFD. An id that is too long is replaced by
 * its sha256, of a source that is too long the end is kept, and labels that are no labels here are left out.
 *
 * @param id null if the file gives none; then a document's id is the sha256 of its text
 */
record RawText(@Nullable String id, String text, String source, Map<String, String> labels) {

    private static final int LONGEST_KEY = 256;
    private static final int LONGEST_ID = 240; // "-" and a number follow for each piece of a long text

    RawText {
        id = id == null || id.isBlank() ? null : whole(id);
        id = id != null && id.length() > LONGEST_ID ? Sha256.hex(id) : id;
        text = whole(text);
        source = whole(source.substring(Math.max(0, source.length() - DocumentFile.MAX_SOURCE)));
        labels = fitting(labels);
    }

    /** The documents, cut between paragraphs where that is possible. */
    List<Document> documents() {
        List<String> pieces = TextSplitter.pieces(text);
        return IntStream.range(0, pieces.size())
                .mapToObj(i -> document(id == null || pieces.size() == 1 ? id : id + "-" + (i + 1), pieces.get(i)))
                .toList();
    }

    private Document document(@Nullable String pieceId, String piece) {
        return new Document(pieceId == null ? Sha256.hex(piece) : pieceId, piece, source, labels);
    }

    private static String whole(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_16), StandardCharsets.UTF_16);
    }

    private static Map<String, String> fitting(Map<String, String> labels) {
        Map<String, String> fitting = new HashMap<>();
        labels.forEach((key, value) -> {
            if (!key.isBlank()
                    && key.length() <= LONGEST_KEY
                    && value.length() <= Check.MAX_LABEL
                    && fitting.size() < Check.MAX_LABELS) {
                fitting.put(whole(key), whole(value));
            }
        });
        return Map.copyOf(fitting);
    }
}
