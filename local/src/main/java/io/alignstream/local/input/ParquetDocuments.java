package io.alignstream.local.input;

import blue.strategic.parquet.Hydrator;
import blue.strategic.parquet.HydratorSupplier;
import blue.strategic.parquet.ParquetReader;
import io.alignstream.contracts.Document;
import io.alignstream.local.input.file.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.parquet.schema.MessageType;

/** The rows of a Parquet file: a column {@code text}, and {@code id}, {@code source}, {@code url} if there are. */
record ParquetDocuments() implements DocumentFormat {

    private static final List<String> COLUMNS = List.of("text", "id", "source", "url");
    private static final int MAX_ADDRESS = 1_024;

    @Override
    public void read(DocumentFile file, Consumer<Document> documents) throws IOException {
        Path path = file.path();
        long row = 0;
        try (Stream<Map<String, String>> all =
                ParquetReader.streamContent(path.toFile(), HydratorSupplier.constantly(new Row()), columns(path))) {
            Iterator<Map<String, String>> rows = all.iterator();
            while (hasNext(rows, path, row + 1)) {
                documents(path, ++row, rows.next(), file.source()).forEach(documents);
            }
        }
        file.progress().accept(Files.size(path));
    }

    private static List<Document> documents(Path file, long row, Map<String, String> values, String source) {
        String text = values.getOrDefault("text", "");
        if (text.isBlank()) {
            return List.of();
        }
        String address = values.get("url");
        Map<String, String> labels =
                address == null || address.length() > MAX_ADDRESS ? Map.of() : Map.of("url", address);
        try {
            return RawText.repaired(values.get("id"), text, values.getOrDefault("source", source), labels)
                    .documents();
        } catch (IllegalArgumentException e) {
            throw new InputException(file, row, String.valueOf(e.getMessage()));
        }
    }

    /** Those of our columns that the file has. */
    private static List<String> columns(Path file) throws IOException {
        MessageType schema = schema(file);
        List<String> columns = COLUMNS.stream()
                .filter(name ->
                        schema.containsField(name) && schema.getType(name).isPrimitive())
                .toList();
        if (!columns.contains("text")) {
            throw new InputException(
                    file,
                    "has no column text; its columns are "
                            + schema.getFields().stream()
                                    .map(field -> field.getName())
                                    .toList());
        }
        return columns;
    }

    /** The library says in exceptions of any kind that a file is damaged. */
    private static MessageType schema(Path file) throws IOException {
        try {
            return ParquetReader.readMetadata(file.toFile()).getFileMetaData().getSchema();
        } catch (RuntimeException e) {
            throw new InputException(file, "is damaged or no Parquet file: " + e.getMessage());
        }
    }

    /** Reads the next row ahead; what is done with it is not covered. */
    private static boolean hasNext(Iterator<Map<String, String>> values, Path file, long row) {
        try {
            return values.hasNext();
        } catch (RuntimeException e) {
            throw new InputException(file, row, "this row cannot be read: " + e.getMessage());
        }
    }

    private static final class Row implements Hydrator<Map<String, String>, Map<String, String>> {
        @Override
        public Map<String, String> start() {
            return new HashMap<>();
        }

        @Override
        public Map<String, String> add(Map<String, String> row, String column, Object value) {
            if (value != null) {
                row.put(column, value.toString());
            }
            return row;
        }

        @Override
        public Map<String, String> finish(Map<String, String> row) {
            return row;
        }
    }
}
