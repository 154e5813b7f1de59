package io.alignstream.stageruntime.tracking;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A file of TensorBoard's events; for one thread.
 *
 * <p>Records of <a href="https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details">TFRecord</a>:
 * length, masked CRC-32C of the length, bytes, masked CRC-32C of the bytes, little-endian; the bytes are an {@code Event} of
 * TensorFlow's {@code event.proto}, of which a few fields are written.
 */
final class EventFile implements AutoCloseable {

    private static final int MASK = 0xa282ead8;

    // Fields of protocol buffers: number and wire type. 0 is a varint, 1 a double, 2 bytes, 5 a float.
    private static final int WALL_TIME = 1 << 3 | 1;
    private static final int STEP = 2 << 3;
    private static final int FILE_VERSION = 3 << 3 | 2;
    private static final int SUMMARY = 5 << 3 | 2;
    private static final int SESSION_LOG = 7 << 3 | 2;
    private static final int VALUE = 1 << 3 | 2;
    private static final int TAG = 1 << 3 | 2;
    private static final int SIMPLE_VALUE = 2 << 3 | 5;

    private static final int STATUS = 1 << 3;
    private static final int START = 1;

    private final FileChannel channel;

    /** Begins a file in {@code folder}, which is made; readers take a folder's files in the order of their names. */
    EventFile(Path folder, Instant at) throws IOException {
        Files.createDirectories(folder);
        Path file;
        long number = at.toEpochMilli();
        do {
            file = folder.resolve(String.format(Locale.ROOT, "events.out.tfevents.%013d.alignstream", number++));
        } while (Files.exists(file));
        channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        write(event(at, 0, FILE_VERSION, "brain.Event:2".getBytes(StandardCharsets.UTF_8)));
    }

    /** What earlier files, or this one, say of {@code step} and later ones does not count any more: the run goes on from before it. */
    void restart(long step, Instant at) throws IOException {
        Message log = new Message();
        log.varint(STATUS, START);
        write(event(at, step, SESSION_LOG, log.bytes()));
    }

    /** Writes figures of a step, each under its tag. */
    void scalars(long step, Map<String, Double> figures, Instant at) throws IOException {
        Message summary = new Message();
        figures.forEach((tag, figure) -> {
            Message value = new Message();
            value.bytes(TAG, tag.getBytes(StandardCharsets.UTF_8));
            value.real(SIMPLE_VALUE, figure.floatValue());
            summary.bytes(VALUE, value.bytes());
        });
        write(event(at, step, SUMMARY, summary.bytes()));
    }

    private static byte[] event(Instant at, long step, int field, byte[] content) {
        Message event = new Message();
        event.real(WALL_TIME, at.toEpochMilli() / 1e3);
        event.varint(STEP, step);
        event.bytes(field, content);
        return event.bytes();
    }

    private void write(byte[] event) throws IOException {
        ByteBuffer record = ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + event.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(event.length);
        record.putInt(masked(record.array(), Long.BYTES)).put(event).putInt(masked(event, event.length));
        record.flip();
        while (record.hasRemaining()) {
            channel.write(record);
        }
    }

    /** Of the first {@code length} bytes. */
    static int masked(byte[] bytes, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, length);
        return Integer.rotateRight((int) sum.getValue(), 15) + MASK;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** A message of protocol buffers on its way. */
    private static final class Message {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        void varint(int field, long value) {
            number(field);
            number(value);
        }

        void bytes(int field, byte[] value) {
            number(field);
            number(value.length);
            out.writeBytes(value);
        }

        void real(int field, double value) {
            number(field);
            out.writeBytes(ByteBuffer.allocate(Double.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putDouble(value)
                    .array());
        }

        void real(int field, float value) {
            number(field);
            out.writeBytes(ByteBuffer.allocate(Float.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(value)
                    .array());
        }

        private void number(long value) {
            long rest = value;
            while ((rest & ~0x7fL) != 0) {
                out.write((int) (rest & 0x7f | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }
}
