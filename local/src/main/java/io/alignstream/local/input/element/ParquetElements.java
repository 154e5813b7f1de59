package io.alignstream.local.input.element;

import blue.strategic.parquet.ParquetReader;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.PackedStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a Parquet file with their lists and structs; nulls are left out, and bytes that are not UTF-8 stay bytes. A
 * packed file is unpacked beside first: its index is at its end.
 */
public record ParquetElements() implements ElementFile.Kind {

    /** Opens {@code file}, which is not packed as a whole. */
    public static ParquetFileReader open(Path file) throws IOException {
        try {
            return ParquetFileReader.open(
                    ParquetReader.makeInputFile(file.toFile()),
                    ParquetReadOptions.builder()
                            .withCodecFactory(new ParquetCodecs())
                            .build());
        } catch (RuntimeException e) {
            throw new InputException(file, "is damaged or no Parquet file; if it was cut off, copy it again");
        }
    }

    @Override
    public void read(Path file, ElementFile.Taker taker) throws IOException {
        if (!PackedStream.isPacked(file)) {
            read(file, file, taker);
            return;
        }
        Path unpacked = Files.createTempFile("alignstream", ".parquet");
        try (InputStream in = PackedStream.open(file, read -> {})) {
            Files.copy(in, unpacked, StandardCopyOption.REPLACE_EXISTING);
            read(unpacked, file, taker);
        } finally {
            Files.delete(unpacked);
        }
    }

    private static void read(Path file, Path named, ElementFile.Taker taker) throws IOException {
        long row = 0;
        try (ParquetFileReader reader = open(file)) {
            MessageType schema = reader.getFileMetaData().getSchema();
            PageReadStore group;
            while ((group = readable(named, row + 1, reader::readNextRowGroup)) != null) {
                PageReadStore pages = group;
                RecordReader<Group> rows = readable(named, row, () -> new ColumnIOFactory()
                        .getColumnIO(schema)
                        .getRecordReader(pages, new GroupRecordConverter(schema)));
                for (long i = 0; i < group.getRowCount(); i++) {
                    row++;
                    taker.take("row " + row, readable(named, row, () -> struct(rows.read())));
                }
            }
        }
    }

    /** A part of a file as the library reads it. */
    private interface Part<T extends @Nullable Object> {

        T read() throws IOException;
    }

    /** The library says in exceptions of any kind that a file is damaged, or packed in a way that is not read. */
    private static <T extends @Nullable Object> T readable(Path file, long row, Part<T> part) throws IOException {
        try {
            return part.read();
        } catch (RuntimeException e) {
            throw new InputException(file, "row " + row, "this row cannot be read: " + e.getMessage());
        }
    }

    private static ObjectNode struct(Group group) {
        ObjectNode struct = JsonNodeFactory.instance.objectNode();
        GroupType type = group.getType();
        for (int field = 0; field < type.getFieldCount(); field++) {
            if (type.getType(field).isRepetition(Type.Repetition.REPEATED)) {
                struct.set(type.getFieldName(field), repeated(group, field));
            } else if (group.getFieldRepetitionCount(field) > 0) {
                struct.set(type.getFieldName(field), value(group, field, 0));
            }
        }
        return struct;
    }

    private static ArrayNode repeated(Group group, int field) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < group.getFieldRepetitionCount(field); i++) {
            list.add(value(group, field, i));
        }
        return list;
    }

    private static JsonNode value(Group group, int field, int index) {
        Type type = group.getType().getType(field);
        if (type.isPrimitive()) {
            return primitive(group, field, index);
        }
        Group inner = group.getGroup(field, index);
        return switch (type.getLogicalTypeAnnotation()) {
            case LogicalTypeAnnotation.ListLogicalTypeAnnotation list -> list(inner);
            case LogicalTypeAnnotation.MapLogicalTypeAnnotation map -> map(inner);
            case null, default -> struct(inner);
        };
    }

    /** Usually each entry is wrapped in a group of its own; older programs leave that out. */
    private static ArrayNode list(Group group) {
        Type entry = group.getType().getType(0);
        boolean wrapped = !entry.isPrimitive()
                && entry.asGroupType().getFieldCount() == 1
                && !entry.getName().equals("array")
                && !entry.getName().endsWith("_tuple");
        if (!wrapped) {
            return repeated(group, 0);
        }
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < group.getFieldRepetitionCount(0); i++) {
            Group wrapper = group.getGroup(0, i);
            list.add(wrapper.getFieldRepetitionCount(0) == 0 ? null : value(wrapper, 0, 0));
        }
        return list;
    }

    private static ObjectNode map(Group group) {
        ObjectNode map = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < group.getFieldRepetitionCount(0); i++) {
            Group entry = group.getGroup(0, i);
            if (entry.getFieldRepetitionCount(1) > 0) {
                map.set(value(entry, 0, 0).asText(), value(entry, 1, 0));
            }
        }
        return map;
    }

    private static JsonNode primitive(Group group, int field, int index) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        return switch (group.getType().getType(field).asPrimitiveType().getPrimitiveTypeName()) {
            case BOOLEAN -> json.booleanNode(group.getBoolean(field, index));
            case INT32 -> json.numberNode(group.getInteger(field, index));
            case INT64 -> json.numberNode(group.getLong(field, index));
            case FLOAT -> json.numberNode(group.getFloat(field, index));
            case DOUBLE -> json.numberNode(group.getDouble(field, index));
            case BINARY -> text(group.getBinary(field, index).getBytes());
            case FIXED_LEN_BYTE_ARRAY, INT96 -> json.textNode(group.getValueToString(field, index));
        };
    }

    private static JsonNode text(byte[] bytes) {
        try {
            return JsonNodeFactory.instance.textNode(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return JsonNodeFactory.instance.binaryNode(bytes);
        }
    }
}
