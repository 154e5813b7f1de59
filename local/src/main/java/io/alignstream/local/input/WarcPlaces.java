package io.alignstream.local.input;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * Where the records of a web archive may begin.
 *
 * @param packed whether each record is a gzip member
 */
record WarcPlaces(FileChannel channel, boolean packed) {

    private static final byte[] MEMBER = {0x1F, (byte) 0x8B, 0x08};
    private static final byte[] VERSION = "\nWARC/1.".getBytes(StandardCharsets.US_ASCII);
    private static final int BUFFER = 64 * 1024;

    /** The first place from {@code position}, above 0, on where one may begin, -1 if there is none. */
    long from(long position) throws IOException {
        byte[] wanted = packed ? MEMBER : VERSION;
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        long at = packed ? position : position - 1; // of a line the end before it is looked for, too
        while (channel.read(buffer.clear(), at) >= wanted.length) {
            int found = indexOf(wanted, buffer);
            if (found >= 0) {
                return at + found + (packed ? 0 : 1);
            }
            at += buffer.position() - wanted.length + 1;
        }
        return -1;
    }

    /** Whether nothing but line ends stand from {@code begin} to {@code end}. */
    boolean isBlank(long begin, long end) throws IOException {
        ByteBuffer between = ByteBuffer.allocate((int) Math.min(end - begin, BUFFER));
        int read = channel.read(between, begin);
        for (int i = 0; i < read; i++) {
            if (between.get(i) != '\r' && between.get(i) != '\n') {
                return false;
            }
        }
        return end - begin <= read;
    }

    private static int indexOf(byte[] wanted, ByteBuffer buffer) {
        for (int i = 0; i + wanted.length <= buffer.position(); i++) {
            int same = 0;
            while (same < wanted.length && buffer.get(i + same) == wanted[same]) {
                same++;
            }
            if (same == wanted.length) {
                return i;
            }
        }
        return -1;
    }
}
