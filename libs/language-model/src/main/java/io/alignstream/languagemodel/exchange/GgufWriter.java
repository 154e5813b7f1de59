package io.alignstream.languagemodel.exchange;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Writes version 3 of llama.cpp's GGUF: magic, counts, key-value pairs, a table of tensors, their data aligned to 32
 * bytes; everything little-endian. For one thread.
 */
final class GgufWriter {

    private static final int VERSION = 3;
    private static final int ALIGNMENT = 32;

    /** Element types by their numbers in the format. */
    enum ElementType {
        F32(0, 4),
        F16(1, 2),
        BF16(30, 2);

        private final int number;
        private final int bytes;

        ElementType(int number, int bytes) {
            this.number = number;
            this.bytes = bytes;
        }
    }

    /**
     * A tensor to write.
     *
     * @param shape row-major, the last dimension is the fastest (the format lists them the other way round)
     * @param data makes the bytes when they are needed, so that one tensor at a time is in memory
     */
    record Entry(ElementType type, long[] shape, Data data) {
        long bytes() {
            long elements = 1;
            for (long size : shape) {
                elements *= size;
            }
            return elements * type.bytes;
        }
    }

    /** Makes a tensor's bytes, little-endian. */
    @FunctionalInterface
    interface Data {
        ByteBuffer get();
    }

    private final List<byte[]> pairs = new ArrayList<>();
    private final SequencedMap<String, Entry> tensors = new LinkedHashMap<>();

    GgufWriter put(String key, String value) {
        return pair(key, 8, string(value));
    }

    GgufWriter put(String key, int value) {
        return pair(key, 4, buffer(4).putInt(value).array());
    }

    GgufWriter put(String key, double value) {
        return pair(key, 6, buffer(4).putFloat((float) value).array());
    }

    GgufWriter put(String key, boolean value) {
        return pair(key, 7, new byte[] {(byte) (value ? 1 : 0)});
    }

    GgufWriter putStrings(String key, List<String> values) {
        ByteArrayOutputStream out = array(8, values.size());
        values.forEach(value -> out.writeBytes(string(value)));
        return pair(key, 9, out.toByteArray());
    }

    GgufWriter putFloats(String key, float[] values) {
        ByteBuffer elements = buffer(4 * values.length);
        elements.asFloatBuffer().put(values);
        ByteArrayOutputStream out = array(6, values.length);
        out.writeBytes(elements.array());
        return pair(key, 9, out.toByteArray());
    }

    GgufWriter putIntegers(String key, int[] values) {
        ByteBuffer elements = buffer(4 * values.length);
        elements.asIntBuffer().put(values);
        ByteArrayOutputStream out = array(5, values.length);
        out.writeBytes(elements.array());
        return pair(key, 9, out.toByteArray());
    }

    GgufWriter tensor(String name, Entry entry) {
        tensors.put(name, entry);
        return this;
    }

    /** Writes the file, replacing an old one. */
    void write(Path file) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        head.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        head.writeBytes(buffer(20)
                .putInt(VERSION)
                .putLong(tensors.size())
                .putLong(pairs.size())
                .array());
        pairs.forEach(head::writeBytes);
        long offset = 0;
        for (Map.Entry<String, Entry> named : tensors.entrySet()) {
            Entry entry = named.getValue();
            head.writeBytes(string(named.getKey()));
            ByteBuffer info = buffer(4 + 8 * entry.shape().length + 12).putInt(entry.shape().length);
            for (int i = entry.shape().length - 1; i >= 0; i--) {
                info.putLong(entry.shape()[i]);
            }
            head.writeBytes(info.putInt(entry.type().number).putLong(offset).array());
            offset += padded(entry.bytes());
        }
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            writePadded(channel, ByteBuffer.wrap(head.toByteArray()));
            for (Entry entry : tensors.values()) {
                writePadded(channel, entry.data().get());
            }
        }
    }

    private static void writePadded(FileChannel channel, ByteBuffer bytes) throws IOException {
        int padding = (int) (padded(bytes.remaining()) - bytes.remaining());
        for (ByteBuffer part : new ByteBuffer[] {bytes, ByteBuffer.allocate(padding)}) {
            while (part.hasRemaining()) {
                channel.write(part);
            }
        }
    }

    private static long padded(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private GgufWriter pair(String key, int type, byte[] value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(string(key));
        out.writeBytes(buffer(4).putInt(type).array());
        out.writeBytes(value);
        pairs.add(out.toByteArray());
        return this;
    }

    private static ByteArrayOutputStream array(int type, int length) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(buffer(12).putInt(type).putLong(length).array());
        return out;
    }

    private static byte[] string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return buffer(8 + utf8.length).putLong(utf8.length).put(utf8).array();
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
