package io.alignstream.languagemodel.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Messages;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes safetensors files as Hugging Face's libraries do: 8 bytes header length, a JSON header, the data.
 *
 * <p>Reading maps the file, so that a tensor's bytes are only touched when they are used; the mapping lives as long as
 * a tensor of it. Everything is validated before: a header of at most {@value #MAX_HEADER_BYTES} bytes, names that
 * stand once, known types, offsets that cover the data without gap or overlap. Left out: tensors of 2 GiB or more, and
 * element types that no part of Alignstream computes with.
 */
public final class Safetensors {

    /** The format's own limit. */
    public static final int MAX_HEADER_BYTES = 100_000_000;

    private static final String METADATA = "__metadata__";
    private static final int LENGTH_BYTES = 8;
    private static final int ALIGNMENT = 8;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static {
        JSON.getFactory()
                .setStreamReadConstraints(
                        StreamReadConstraints.builder().maxNestingDepth(8).build());
    }

    private Safetensors() {}

    /**
     * Maps a file: its tensors by name, in the order of their data.
     *
     * @throws DamagedCheckpointException if the file is no valid safetensors file; names the file and the tensor
     * @throws IOException if the file cannot be read
     */
    public static SequencedMap<String, Tensor> read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Header header = readHeader(file, channel);
            MemorySegment segment = channel.map(MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
            for (Entry entry : header.entries()) {
                MemorySegment bytes = segment.asSlice(header.dataStart() + entry.begin(), entry.end() - entry.begin());
                tensors.put(entry.name(), new Tensor(entry.type(), entry.shape(), bytes.asByteBuffer()));
            }
            return tensors;
        }
    }

    /** The free texts of the header, such as {@code format}; fails like {@link #read}. */
    public static Map<String, String> readMetadata(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return readHeader(file, channel).metadata();
        }
    }

    /**
     * Writes a file, replacing an old one; the same tensors and metadata give the same bytes, whatever the map's order.
     *
     * <p>Tensors stand by falling element size, then by name, so that each is aligned to its element size.
     *
     * @param metadata free texts for the header; {@code format} becomes {@code pt} if it is absent, as readers in
     *     Python want
     */
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        List<Map.Entry<String, Tensor>> ordered = tensors.entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<String, Tensor> entry) ->
                                -entry.getValue().type().bytes())
                        .thenComparing(Map.Entry::getKey))
                .toList();
        byte[] header = header(ordered, metadata);
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer start = ByteBuffer.allocate(LENGTH_BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, start.putLong(header.length).put(header).flip());
            for (Map.Entry<String, Tensor> entry : ordered) {
                writeFully(channel, entry.getValue().data());
            }
        }
    }

    private static byte[] header(List<Map.Entry<String, Tensor>> tensors, Map<String, String> metadata)
            throws IOException {
        ObjectNode header = JSON.createObjectNode();
        Map<String, String> texts = new TreeMap<>(metadata);
        texts.putIfAbsent("format", "pt");
        ObjectNode metadataNode = header.putObject(METADATA);
        texts.forEach(metadataNode::put);
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors) {
            if (entry.getKey().isEmpty() || entry.getKey().equals(METADATA)) {
                throw new IllegalArgumentException("a tensor cannot be called '" + entry.getKey() + "'; rename it");
            }
            Tensor tensor = entry.getValue();
            ObjectNode node = header.putObject(entry.getKey());
            node.put("dtype", tensor.type().name());
            ArrayNode shape = node.putArray("shape");
            Arrays.stream(tensor.shape()).forEach(shape::add);
            long end = offset + tensor.data().remaining();
            node.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] json = JSON.writeValueAsBytes(header);
        byte[] padded = Arrays.copyOf(json, (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        if (padded.length > MAX_HEADER_BYTES) {
            throw new IllegalArgumentException("the header of " + tensors.size() + " tensors has " + padded.length
                    + " bytes, the limit is " + MAX_HEADER_BYTES + "; split the file");
        }
        return padded;
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private record Header(List<Entry> entries, Map<String, String> metadata, long dataStart) {}

    private record Entry(String name, Tensor.Type type, long[] shape, long begin, long end) {}

    private static Header readHeader(Path file, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < LENGTH_BYTES) {
            throw damaged(file, "has only " + size + " bytes, too few for a header length");
        }
        long length = readFully(channel, 0, LENGTH_BYTES).getLong(0);
        if (length < 2 || length > MAX_HEADER_BYTES) {
            throw damaged(file, "says its header has " + length + " bytes; allowed are 2 to " + MAX_HEADER_BYTES);
        }
        if (length > size - LENGTH_BYTES) {
            throw damaged(file, "is cut off: its header has " + length + " bytes but the file only " + size);
        }
        JsonNode json =
                parse(file, readFully(channel, LENGTH_BYTES, (int) length).array());
        Map<String, String> metadata = new TreeMap<>();
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, JsonNode> property : json.properties()) {
            if (property.getKey().equals(METADATA)) {
                property.getValue()
                        .properties()
                        .forEach(text ->
                                metadata.put(text.getKey(), text.getValue().asText()));
            } else {
                entries.add(entry(file, property.getKey(), property.getValue()));
            }
        }
        // Stable, so that tensors without elements keep the order of the header.
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        requireContiguous(file, entries, size - LENGTH_BYTES - length);
        return new Header(entries, metadata, LENGTH_BYTES + length);
    }

    private static JsonNode parse(Path file, byte[] header) throws IOException {
        try {
            JsonNode json = JSON.readTree(new String(header, StandardCharsets.UTF_8));
            if (!json.isObject()) {
                throw damaged(file, "has a header that is no JSON object");
            }
            return json;
        } catch (JsonProcessingException e) {
            throw new DamagedCheckpointException(
                    file + " has a header that is no valid JSON: " + Messages.english(JsonFault.of(e)), e);
        }
    }

    private static Entry entry(Path file, String name, JsonNode node) throws IOException {
        Tensor.Type type = type(file, name, node.path("dtype").asText());
        long[] shape = longs(file, name, "shape", node.path("shape"));
        long[] offsets = longs(file, name, "data_offsets", node.path("data_offsets"));
        if (offsets.length != 2) {
            throw damaged(file, name, "data_offsets has " + offsets.length + " entries instead of 2");
        }
        long bytes;
        try {
            bytes = Tensor.byteSize(type, shape);
        } catch (IllegalArgumentException e) {
            throw damaged(file, name, e.getMessage());
        }
        if (offsets[1] - offsets[0] != bytes) {
            throw damaged(
                    file,
                    name,
                    type + Arrays.toString(shape) + " has " + bytes + " bytes but data_offsets is "
                            + Arrays.toString(offsets));
        }
        if (bytes > Integer.MAX_VALUE) {
            throw damaged(file, name, "has " + bytes + " bytes; tensors of 2 GiB or more are not supported, split it");
        }
        return new Entry(name, type, shape, offsets[0], offsets[1]);
    }

    private static Tensor.Type type(Path file, String name, String dtype) throws IOException {
        for (Tensor.Type type : Tensor.Type.values()) {
            if (type.name().equals(dtype)) {
                return type;
            }
        }
        throw damaged(
                file, name, "dtype '" + dtype + "' is unknown; known are " + Arrays.toString(Tensor.Type.values()));
    }

    private static long[] longs(Path file, String name, String field, JsonNode node) throws IOException {
        if (!node.isArray()) {
            throw damaged(file, name, field + " is missing or no array");
        }
        long[] values = new long[node.size()];
        for (int i = 0; i < values.length; i++) {
            if (!node.get(i).isIntegralNumber()
                    || !node.get(i).canConvertToLong()
                    || node.get(i).longValue() < 0) {
                throw damaged(file, name, field + " has the entry " + node.get(i) + ", which is no size");
            }
            values[i] = node.get(i).longValue();
        }
        return values;
    }

    private static void requireContiguous(Path file, List<Entry> entries, long dataBytes) throws IOException {
        long expected = 0;
        for (Entry entry : entries) {
            if (entry.begin() != expected) {
                throw damaged(
                        file, entry.name(), "starts at " + entry.begin() + " where " + expected + " was expected");
            }
            expected = entry.end();
            if (expected > dataBytes) {
                throw damaged(file, entry.name(), "ends at " + expected + " but there are " + dataBytes + " bytes");
            }
        }
        if (expected != dataBytes) {
            throw damaged(file, "has " + dataBytes + " bytes of data but its tensors cover " + expected);
        }
    }

    private static ByteBuffer readFully(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw new EOFException("the file became shorter while it was being read");
            }
        }
        return bytes.flip();
    }

    private static DamagedCheckpointException damaged(Path file, String name, @Nullable String what) {
        return damaged(file, "has a damaged tensor '" + name + "': " + what);
    }

    private static DamagedCheckpointException damaged(Path file, String what) {
        return new DamagedCheckpointException(file + " " + what);
    }
}
