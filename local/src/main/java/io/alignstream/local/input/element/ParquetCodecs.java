package io.alignstream.local.input.element;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/**
 * Unpacks the pages of Parquet files without Hadoop, whose classes parquet-java's own codecs need; thread-safe.
 *
 * <p>Read are snappy, gzip, zstd and both kinds of lz4; another packing is refused by its name.
 */
final class ParquetCodecs implements CompressionCodecFactory {

    /** Of a page unpacked; programs write a few megabytes, and a file that says more takes the memory before it is found out. */
    static final int MOST_BYTES = 256 << 20;

    /** Unpacks one page. */
    private interface Codec {

        byte[] unpack(byte[] packed, int size) throws IOException;
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName name) {
        return new Decompressor(
                switch (name) {
                    case UNCOMPRESSED -> (packed, size) -> packed;
                    case SNAPPY -> ParquetCodecs::snappy;
                    case GZIP ->
                        (packed, size) -> new GZIPInputStream(new ByteArrayInputStream(packed)).readNBytes(size);
                    case ZSTD -> (packed, size) -> Zstd.decompress(packed, size);
                    case LZ4_RAW -> ParquetCodecs::lz4;
                    case LZ4 -> ParquetCodecs::hadoopLz4;
                    default ->
                        throw new UnsupportedOperationException("it is packed with "
                                + name.name().toLowerCase(Locale.ROOT)
                                + ", which is not read; write it with zstd, gzip or snappy");
                });
    }

    /** The length that it says itself is believed only if the page says the same. */
    private static byte[] snappy(byte[] packed, int size) throws IOException {
        if (Snappy.uncompressedLength(packed) != size) {
            throw new IOException("a page says that it has " + size + " bytes, and snappy in it "
                    + Snappy.uncompressedLength(packed));
        }
        return Snappy.uncompress(packed);
    }

    private static byte[] lz4(byte[] packed, int size) {
        return LZ4Factory.fastestInstance().safeDecompressor().decompress(packed, size);
    }

    /** Blocks, each behind its unpacked and its packed length; some programs write a raw block under the same name. */
    private static byte[] hadoopLz4(byte[] packed, int size) {
        ByteBuffer in = ByteBuffer.wrap(packed);
        ByteBuffer out = ByteBuffer.allocate(size);
        try {
            while (out.hasRemaining() && in.remaining() >= 2 * Integer.BYTES) {
                int unpacked = in.getInt();
                int blockEnd = Objects.checkFromIndexSize(out.position(), unpacked, size) + unpacked;
                while (out.position() < blockEnd) {
                    int length = in.getInt();
                    Objects.checkFromIndexSize(in.position(), length, packed.length); // before memory is taken for it
                    byte[] block = new byte[length];
                    in.get(block);
                    out.put(LZ4Factory.fastestInstance()
                            .safeDecompressor()
                            .decompress(block, blockEnd - out.position()));
                }
            }
            if (!out.hasRemaining()) {
                return out.array();
            }
        } catch (RuntimeException e) {
            // No lengths: read as a raw block.
        }
        return lz4(packed, size);
    }

    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName name) {
        throw new UnsupportedOperationException("reads only");
    }

    @Override
    public void release() {}

    private record Decompressor(Codec codec) implements BytesInputDecompressor {

        @Override
        public BytesInput decompress(BytesInput packed, int size) throws IOException {
            return BytesInput.from(unpack(packed.toByteArray(), size));
        }

        @Override
        public void decompress(ByteBuffer packed, int packedSize, ByteBuffer out, int size) throws IOException {
            byte[] bytes = new byte[packedSize];
            packed.get(bytes);
            out.put(unpack(bytes, size));
        }

        private byte[] unpack(byte[] packed, int size) throws IOException {
            if (size < 0 || size > MOST_BYTES) {
                throw new IOException("a page says that it has " + size + " bytes; at most " + MOST_BYTES
                        + " are read: write the file with smaller pages");
            }
            try {
                byte[] bytes = codec.unpack(packed, size);
                if (bytes.length != size) {
                    throw new IOException("a page has " + bytes.length + " bytes, not the " + size + " that it says");
                }
                return bytes;
            } catch (LZ4Exception e) {
                throw new IOException("a page is not valid lz4", e);
            }
        }

        @Override
        public void release() {}
    }
}
