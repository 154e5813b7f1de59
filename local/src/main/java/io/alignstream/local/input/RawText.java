package io.alignstream.local.input;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.hash.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A text as a file gives it, of any length: one document, or several if it is too long for one.
 *
 * @param id null if the file gives none; then a document's id is the sha256 of its text
 */
record RawText(@Nullable String id, String text, String source, Map<String, String> labels) {

    /** A text whose characters may be broken: half a surrogate pair, which a page may hold as a character reference. */
    static RawText repaired(@Nullable String id, String text, String source, Map<String, String> labels) {
        String whole = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        return new RawText(id, whole, source, labels);
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
}
