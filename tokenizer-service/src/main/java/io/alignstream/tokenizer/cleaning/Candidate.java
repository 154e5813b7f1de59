package io.alignstream.tokenizer.cleaning;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What travels to one band partition: a document's duplicate keys, or only word of how far its partition has come.
 *
 * @param position where the document stands; of a mere watermark the offset is -1
 * @param keys keys under which duplicates of the document meet, 8 bytes for a band and 16 for a content hash
 */
record Candidate(Position position, List<byte[]> keys) {

    /**
     * A place in the one order of all documents: by time, then partition, then offset.
     *
     * @param time of the record in milliseconds, never less than that of an earlier one of its partition
     */
    record Position(long time, int partition, long offset) implements Comparable<Position> {

        static final int BYTES = Long.BYTES + Integer.BYTES + Long.BYTES;

        @Override
        public int compareTo(Position other) {
            int byTime = Long.compare(time, other.time);
            int byPartition = byTime != 0 ? byTime : Integer.compare(partition, other.partition);
            return byPartition != 0 ? byPartition : Long.compare(offset, other.offset);
        }

        /** Bytes that sort as positions do, for times and offsets from 0 on. */
        byte[] toBytes() {
            return ByteBuffer.allocate(BYTES)
                    .putLong(time)
                    .putInt(partition)
                    .putLong(offset)
                    .array();
        }

        static Position read(ByteBuffer in) {
            return new Position(in.getLong(), in.getInt(), in.getLong());
        }
    }

    static Candidate watermark(long time, int partition) {
        return new Candidate(new Position(time, partition, -1), List.of());
    }

    boolean isWatermark() {
        return position.offset() < 0;
    }

    byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(
                Position.BYTES + keys.stream().mapToInt(key -> key.length + 1).sum());
        out.put(position.toBytes());
        keys.forEach(key -> out.put((byte) key.length).put(key));
        return out.array();
    }

    static Candidate decode(byte[] value) {
        ByteBuffer in = ByteBuffer.wrap(value);
        Position position = Position.read(in);
        List<byte[]> keys = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] key = new byte[in.get()];
            in.get(key);
            keys.add(key);
        }
        return new Candidate(position, keys);
    }
}
