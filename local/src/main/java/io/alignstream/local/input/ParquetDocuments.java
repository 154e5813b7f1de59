package io.alignstream.local.input;

import blue.strategic.parquet.Hydrator;
import blue.strategic.parquet.HydratorSupplier;
import blue.strategic.parquet.ParquetReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.apache.parquet.schema.MessageType;

/** The rows of a Parquet file: a column {@code text}, and {@code id}, {@code source}, {@code url} if there are. */
final class ParquetDocuments {

    private static final List<String> COLUMNS = List.of("text", "id", "source", "url");

    private ParquetDocuments() {}

    /** Gives the row's number, from 1, and its columns that are not null. */
    static void read(Path file, BiConsumer<Long, Map<String, String>> rows) throws IOException {
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
        long row = 0;
        try (Stream<Map<String, String>> all =
                ParquetReader.streamContent(file.toFile(), HydratorSupplier.constantly(new Row()), columns)) {
            Iterator<Map<String, String>> values = all.iterator();
            while (hasNext(values, file, row + 1)) {
                rows.accept(++row, values.next());
            }
        }
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
