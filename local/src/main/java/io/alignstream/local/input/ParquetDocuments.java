package io.alignstream.local.input;

import io.alignstream.local.input.element.ParquetElements;
import io.alignstream.local.input.file.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.parquet.column.ColumnReadStore;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.DummyRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a Parquet file: a column {@code text}, and {@code id}, {@code source}, {@code url} if there are.
 *
 * <p>Text is a column of strings, or of bytes without a type, which some programs write texts as; a row whose bytes are not
 * UTF-8 is set aside. An id may be a whole number. A column of another type is no text, whatever it is called.
 */
record ParquetDocuments() implements DocumentFormat {

    private static final List<String> OPTIONAL = List.of("id", "source", "url");

    @Override
    public void read(DocumentFile file, Elements elements) throws IOException {
        Path path = file.path();
        long row = 0;
        try (ParquetFileReader reader = ParquetElements.open(path)) {
            MessageType schema = reader.getFileMetaData().getSchema();
            MessageType wanted = wanted(path, schema);
            reader.setRequestedSchema(wanted);
            PageReadStore group;
            while ((group = reader.readNextRowGroup()) != null) {
                ColumnReadStore store = new ColumnReadStoreImpl(
                        group,
                        new DummyRecordConverter(wanted).getRootConverter(),
                        wanted,
                        reader.getFileMetaData().getCreatedBy());
                Row columns = Row.of(wanted, store);
                for (long i = 0; i < group.getRowCount(); i++) {
                    row(file, ++row, columns, elements);
                }
            }
        } catch (Elements.TakerException | InputException e) {
            throw e;
        } catch (RuntimeException e) { // the library says in exceptions of any kind that a file is damaged
            throw new InputException(path, row + 1, "this row cannot be read: " + e.getMessage());
        }
        file.progress().accept(Files.size(path));
    }

    /** The columns of a row group that are read, each at the same row. */
    private record Row(ColumnReader text, Map<String, ColumnReader> others) {

        static Row of(MessageType wanted, ColumnReadStore store) {
            Map<String, ColumnReader> others = new java.util.HashMap<>();
            OPTIONAL.stream()
                    .filter(wanted::containsField)
                    .forEach(name -> others.put(name, reader(wanted, store, name)));
            return new Row(reader(wanted, store, "text"), others);
        }

        private static ColumnReader reader(MessageType wanted, ColumnReadStore store, String name) {
            return store.getColumnReader(wanted.getColumnDescription(new String[] {name}));
        }
    }

    private static void row(DocumentFile file, long row, Row columns, Elements elements) {
        List<String> faults = new ArrayList<>();
        String text = value(columns.text, faults);
        Map<String, String> others = new java.util.HashMap<>();
        columns.others.forEach((name, reader) -> {
            String value = value(reader, faults);
            if (value != null && !value.isBlank()) {
                others.put(name, value);
            }
        });
        if (!faults.isEmpty()) {
            elements.setAside(new InputException(file.path(), row, faults.getFirst()));
        } else if (text == null) {
            elements.passOver(InputReport.PassedOver.NO_TEXT);
        } else {
            String address = others.get("url");
            elements.take(new RawText(
                    others.get("id"),
                    text,
                    others.getOrDefault("source", file.source()),
                    address == null ? Map.of() : Map.of("url", address)));
        }
    }

    /** The value of the column's next row, null if it has none. */
    private static @Nullable String value(ColumnReader column, List<String> faults) {
        String value = null;
        if (column.getCurrentDefinitionLevel() == column.getDescriptor().getMaxDefinitionLevel()) {
            value = switch (column.getDescriptor().getPrimitiveType().getPrimitiveTypeName()) {
                case INT32 -> Integer.toString(column.getInteger());
                case INT64 -> Long.toString(column.getLong());
                default -> text(column, faults);
            };
        }
        column.consume();
        return value;
    }

    private static @Nullable String text(ColumnReader column, List<String> faults) {
        ByteBuffer bytes = column.getBinary().toByteBuffer();
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            faults.add("column " + column.getDescriptor().getPath()[0] + " holds bytes that are not UTF-8");
            return null;
        }
    }

    /** Those of our columns that the file has. */
    private static MessageType wanted(Path file, MessageType schema) {
        if (!schema.containsField("text")) {
            throw new InputException(
                    file,
                    "has no column text; its columns are "
                            + schema.getFields().stream().map(Type::getName).toList());
        }
        List<Type> wanted = new ArrayList<>();
        wanted.add(required(file, schema.getType("text"), false));
        OPTIONAL.stream()
                .filter(schema::containsField)
                .forEach(name -> wanted.add(required(file, schema.getType(name), name.equals("id"))));
        return new MessageType(schema.getName(), wanted);
    }

    private static Type required(Path file, Type column, boolean mayBeNumber) {
        if (!isText(column) && !(mayBeNumber && isWholeNumber(column))) {
            throw new InputException(
                    file,
                    "column " + column.getName() + " must be texts" + (mayBeNumber ? " or whole numbers" : "")
                            + " but is " + named(column) + "; write it as strings, or rename it");
        }
        return column;
    }

    private static boolean isText(Type column) {
        if (!column.isPrimitive()
                || column.isRepetition(Type.Repetition.REPEATED)
                || column.asPrimitiveType().getPrimitiveTypeName() != PrimitiveTypeName.BINARY) {
            return false;
        }
        LogicalTypeAnnotation type = column.getLogicalTypeAnnotation();
        return type == null
                || type instanceof LogicalTypeAnnotation.StringLogicalTypeAnnotation
                || type instanceof LogicalTypeAnnotation.EnumLogicalTypeAnnotation
                || type instanceof LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
    }

    private static boolean isWholeNumber(Type column) {
        if (!column.isPrimitive() || column.isRepetition(Type.Repetition.REPEATED)) {
            return false;
        }
        PrimitiveTypeName type = column.asPrimitiveType().getPrimitiveTypeName();
        LogicalTypeAnnotation logical = column.getLogicalTypeAnnotation();
        return (type == PrimitiveTypeName.INT32 || type == PrimitiveTypeName.INT64)
                && (logical == null || logical instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation);
    }

    private static String named(Type column) {
        LogicalTypeAnnotation logical = column.getLogicalTypeAnnotation();
        if (!column.isPrimitive()) {
            return logical == null ? "a struct" : "a " + logical.toString().toLowerCase(java.util.Locale.ROOT);
        }
        PrimitiveType type = column.asPrimitiveType();
        String name = logical == null ? type.getPrimitiveTypeName().name() : logical.toString();
        return (column.isRepetition(Type.Repetition.REPEATED) ? "a list of " : "of type ")
                + name.toLowerCase(java.util.Locale.ROOT);
    }
}
