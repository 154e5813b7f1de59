package io.alignstream.languagemodel.exchange;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A GGUF file of version 2 or 3 as the format's description has it (github.com/ggml-org/ggml, docs/gguf.md): metadata, and
 * tensors that stay in the mapped file. Immutable.
 *
 * @param metadata values by key: Long, Double, Boolean, String, or a List of them
 * @param tensors by the names of llama.cpp
 */
record GgufFile(Map<String, Object> metadata, SequencedMap<String, Stored> tensors) {

    static final int MAGIC = 0x46554747; // "GGUF", little-endian

    private static final int DEFAULT_ALIGNMENT = 32;
    private static final int MOST_DIMENSIONS = 4;
    private static final long MOST_HEADER_BYTES = 1L << 28;
    private static final String ALIGNMENT = "general.alignment";

    GgufFile {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        tensors = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors));
    }

    /**
     * A tensor in the file.
     *
     * @param shape row-major, the last dimension is the fastest (the format lists them the other way round)
     * @param data its blocks, little-endian
     */
    record Stored(GgufType type, long[] shape, ByteBuffer data) {

        long elements() {
            return Arrays.stream(shape).reduce(1, Math::multiplyExact);
        }
    }

    /** Where a tensor is said to be. */
    private record Place(GgufType type, long[] shape, long offset) {}

    /**
     * Maps {@code file}.
     *
     * @throws IOException if it is no such file, is damaged, or has an element type that is not read; names what and where
     */
    static GgufFile read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer head = channel.map(FileChannel.MapMode.READ_ONLY, 0, Math.min(channel.size(), MOST_HEADER_BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
            Map<String, Object> metadata = new LinkedHashMap<>();
            SequencedMap<String, Place> places = new LinkedHashMap<>();
            try {
                readHead(file, head, metadata, places);
            } catch (BufferUnderflowException | NegativeArraySizeException | ArithmeticException e) {
                throw new IOException(
                        file + " ends in its header, or its header is damaged; download it again, to its end", e);
            }
            long alignment = metadata.get(ALIGNMENT) instanceof Long given ? given : DEFAULT_ALIGNMENT;
            if (alignment < 1 || alignment > 1 << 20) {
                throw new IOException(file + " has the alignment " + alignment);
            }
            long begin = Math.ceilDiv((long) head.position(), alignment) * alignment;
            SequencedMap<String, Stored> tensors = new LinkedHashMap<>();
            for (Map.Entry<String, Place> named : places.entrySet()) {
                tensors.put(named.getKey(), map(file, channel, begin, named.getKey(), named.getValue()));
            }
            return new GgufFile(metadata, tensors);
        }
    }

    private static void readHead(
            Path file, ByteBuffer head, Map<String, Object> metadata, SequencedMap<String, Place> places)
            throws IOException {
        if (head.remaining() < 4 || head.getInt() != MAGIC) {
            throw new IOException(file + " is no GGUF file: it does not begin with GGUF");
        }
        int version = head.getInt();
        if (version != 2 && version != 3) {
            throw new IOException(file + " is a GGUF file of version " + version + "; read are 2 and 3, little-endian");
        }
        long tensors = head.getLong();
        long pairs = head.getLong();
        for (long pair = 0; pair < pairs; pair++) {
            String key = string(head);
            metadata.put(key, value(file, head, key, head.getInt()));
        }
        for (long tensor = 0; tensor < tensors; tensor++) {
            String name = string(head);
            int dimensions = head.getInt();
            if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
                throw new IOException(file + ": tensor " + name + " has " + dimensions + " dimensions");
            }
            long[] shape = new long[dimensions];
            for (int d = dimensions - 1; d >= 0; d--) {
                shape[d] = head.getLong();
            }
            int number = head.getInt();
            GgufType type = GgufType.of(number)
                    .orElseThrow(() -> new IOException(file + ": tensor " + name + " has the element type "
                            + GgufType.describe(number) + "; read are " + Arrays.toString(GgufType.values())
                            + ". Take a file with another quantisation, Q8_0 loses least"));
            if (places.put(name, new Place(type, shape, head.getLong())) != null) {
                throw new IOException(file + " has the tensor " + name + " twice");
            }
        }
    }

    private static Stored map(Path file, FileChannel channel, long begin, String name, Place place) throws IOException {
        try {
            long elements = Arrays.stream(place.shape()).reduce(1, Math::multiplyExact);
            long bytes = place.type()
                    .bytes(elements, place.shape()[place.shape().length - 1])
                    .orElseThrow(() -> new IOException(
                            file + ": the rows of " + name + " are no whole blocks of " + place.type()));
            long from = Math.addExact(begin, place.offset());
            if (place.offset() < 0 || Math.addExact(from, bytes) > channel.size()) {
                throw new IOException(file + " has " + channel.size() + " bytes and ends before tensor " + name
                        + ", which ends at " + (from + bytes) + "; download it again, to its end");
            }
            return new Stored(
                    place.type(),
                    place.shape(),
                    channel.map(FileChannel.MapMode.READ_ONLY, from, bytes).order(ByteOrder.LITTLE_ENDIAN));
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw new IOException(
                    file + ": tensor " + name + Arrays.toString(place.shape()) + " has more than 2 GiB", e);
        }
    }

    /** A value of the metadata, by the numbers that the format gives its types. */
    private static Object value(Path file, ByteBuffer in, String key, int type) throws IOException {
        return switch (type) {
            case 0 -> (long) Byte.toUnsignedInt(in.get());
            case 1 -> (long) in.get();
            case 2 -> (long) Short.toUnsignedInt(in.getShort());
            case 3 -> (long) in.getShort();
            case 4 -> Integer.toUnsignedLong(in.getInt());
            case 5 -> (long) in.getInt();
            case 6 -> (double) in.getFloat();
            case 7 -> in.get() != 0;
            case 8 -> string(in);
            case 9 -> {
                int elements = in.getInt();
                long count = in.getLong();
                if (count > in.remaining()) {
                    throw new BufferUnderflowException();
                }
                if (elements == 9 || count < 0) {
                    throw new IOException(file + ": " + key + " is a list that is no part of the format");
                }
                List<Object> list = new ArrayList<>((int) count);
                for (long i = 0; i < count; i++) {
                    list.add(value(file, in, key, elements));
                }
                yield Collections.unmodifiableList(list);
            }
            case 10, 11 -> in.getLong();
            case 12 -> in.getDouble();
            default -> throw new IOException(file + ": " + key + " has the type " + type + ", which is none");
        };
    }

    private static String string(ByteBuffer in) {
        long length = in.getLong();
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] utf8 = new byte[(int) length];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** The text under {@code key}. */
    Optional<String> text(String key) {
        return metadata.get(key) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    /** The number under {@code key}. */
    Optional<Number> number(String key) {
        return metadata.get(key) instanceof Number number ? Optional.of(number) : Optional.empty();
    }

    /** What is true or false under {@code key}. */
    Optional<Boolean> flag(String key) {
        return metadata.get(key) instanceof Boolean flag ? Optional.of(flag) : Optional.empty();
    }

    /** The list under {@code key}; empty if there is none. */
    <T> List<T> list(String key, Class<T> elements) {
        return metadata.get(key) instanceof List<?> list && list.stream().allMatch(elements::isInstance)
                ? list.stream().map(elements::cast).toList()
                : List.of();
    }
}
