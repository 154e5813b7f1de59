package io.alignstream.local.input;

import io.alignstream.local.input.file.PackedStream;
import java.io.IOException;
import java.util.Optional;

/** A kind of file that holds documents; which one a file is, its name's ending says. Formats have no state. */
sealed interface DocumentFormat permits TextDocuments, JsonDocuments, HtmlDocuments, WarcDocuments, ParquetDocuments {

    /** The endings that are known, for messages. */
    String ENDINGS =
            ".txt, .jsonl, .html, .htm, .warc, .wet, .arc, .parquet, all but .parquet also with .gz or .zst behind";

    /** The format of the file called {@code name}, a path or an address; empty if it holds no documents. */
    static Optional<DocumentFormat> of(String name) {
        String own = name.substring(name.lastIndexOf('/') + 1);
        String unpacked = PackedStream.unpackedName(own);
        int point = unpacked.lastIndexOf('.');
        if (own.startsWith(".") || point < 0) {
            return Optional.empty();
        }
        return switch (unpacked.substring(point)) {
            case ".txt" -> Optional.of(new TextDocuments());
            case ".jsonl" -> Optional.of(new JsonDocuments());
            case ".html", ".htm" -> Optional.of(new HtmlDocuments());
            case ".warc", ".wet", ".arc" -> Optional.of(new WarcDocuments());
            // A packed one would have to be unpacked to disk first: its index is at its end.
            case ".parquet" -> unpacked.equals(own) ? Optional.of(new ParquetDocuments()) : Optional.empty();
            default -> Optional.empty();
        };
    }

    /**
     * Gives each element of {@code file} to {@code elements} as it is read, the faulty ones among them.
     *
     * @throws io.alignstream.local.input.file.InputException where the file cannot be read on
     */
    void read(DocumentFile file, Elements elements) throws IOException;
}
