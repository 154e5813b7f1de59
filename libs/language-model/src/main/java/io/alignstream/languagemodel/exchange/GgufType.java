package io.alignstream.languagemodel.exchange;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Element types of GGUF tensors. Quantised ones come in blocks along a row, which share a scale; the arithmetic is that of
 * ggml's {@code dequantize_row_*} (github.com/ggml-org/ggml, src/ggml-quants.c), in fp32 and in the same order.
 */
enum GgufType {
    F32(0, 1, 4),
    F16(1, 1, 2),
    BF16(30, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q5_0(6, 32, 22),
    Q5_1(7, 32, 24),
    Q8_0(8, 32, 34),
    Q4_K(12, 256, 144),
    Q5_K(13, 256, 176),
    Q6_K(14, 256, 210);

    /** Names of types that are not read, for those who meet them. */
    private static final Map<Integer, String> OTHERS = Map.ofEntries(
            Map.entry(9, "Q8_1"),
            Map.entry(10, "Q2_K"),
            Map.entry(11, "Q3_K"),
            Map.entry(15, "Q8_K"),
            Map.entry(16, "IQ2_XXS"),
            Map.entry(17, "IQ2_XS"),
            Map.entry(18, "IQ3_XXS"),
            Map.entry(19, "IQ1_S"),
            Map.entry(20, "IQ4_NL"),
            Map.entry(21, "IQ3_S"),
            Map.entry(22, "IQ2_S"),
            Map.entry(23, "IQ4_XS"),
            Map.entry(28, "F64"),
            Map.entry(29, "IQ1_M"),
            Map.entry(34, "TQ1_0"),
            Map.entry(35, "TQ2_0"),
            Map.entry(39, "MXFP4"));

    private final int number;
    private final int block;
    private final int blockBytes;

    GgufType(int number, int block, int blockBytes) {
        this.number = number;
        this.block = block;
        this.blockBytes = blockBytes;
    }

    /** The type with this number in the format. */
    static Optional<GgufType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }

    /** Name, or number, of a type that is not read. */
    static String describe(int number) {
        return OTHERS.getOrDefault(number, "no. " + number);
    }

    /** Whether values have to be computed before they can be used. */
    boolean isQuantised() {
        return block > 1;
    }

    /** Bytes of {@code elements} in rows of {@code width}; empty if a row is no whole number of blocks. */
    OptionalLong bytes(long elements, long width) {
        return width % block == 0 ? OptionalLong.of(elements / block * blockBytes) : OptionalLong.empty();
    }

    /** Computes the values of all blocks of {@code data}, from its position to its limit, into {@code out}. */
    void dequantise(ByteBuffer data, FloatBuffer out) {
        ByteBuffer in = data.slice().order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[block];
        for (int at = 0; at < in.limit(); at += blockBytes) {
            switch (this) {
                case Q4_0 -> q4(in, at + 2, half(in, at), -8, 0, values);
                case Q4_1 -> q4(in, at + 4, half(in, at), 0, half(in, at + 2), values);
                case Q5_0 -> q5(in, at + 2, half(in, at), -16, 0, values);
                case Q5_1 -> q5(in, at + 4, half(in, at), 0, half(in, at + 2), values);
                case Q8_0 -> q8(in, at, values);
                case Q4_K -> q4k(in, at, values);
                case Q5_K -> q5k(in, at, values);
                case Q6_K -> q6k(in, at, values);
                default -> throw new IllegalStateException(this + " is not quantised");
            }
            out.put(values);
        }
    }

    private static void q4(ByteBuffer in, int codes, float scale, int shift, float least, float[] out) {
        for (int i = 0; i < 16; i++) {
            int code = in.get(codes + i);
            out[i] = ((code & 0xF) + shift) * scale + least;
            out[i + 16] = (((code >> 4) & 0xF) + shift) * scale + least;
        }
    }

    /** The fifth bits of all codes come first, then the other four. */
    private static void q5(ByteBuffer in, int at, float scale, int shift, float least, float[] out) {
        int high = in.getInt(at);
        for (int i = 0; i < 16; i++) {
            int code = in.get(at + 4 + i);
            out[i] = (((code & 0xF) | ((high >>> i) << 4 & 0x10)) + shift) * scale + least;
            out[i + 16] = (((code >> 4 & 0xF) | ((high >>> (i + 16)) << 4 & 0x10)) + shift) * scale + least;
        }
    }

    private static void q8(ByteBuffer in, int at, float[] out) {
        float scale = half(in, at);
        for (int i = 0; i < 32; i++) {
            out[i] = in.get(at + 2 + i) * scale;
        }
    }

    private static void q4k(ByteBuffer in, int at, float[] out) {
        for (int pair = 0; pair < 4; pair++) {
            int codes = at + 16 + 32 * pair;
            for (int upper = 0; upper < 2; upper++) {
                int part = 2 * pair + upper;
                float scale = half(in, at) * scale(in, at + 4, part);
                float least = half(in, at + 2) * least(in, at + 4, part);
                for (int i = 0; i < 32; i++) {
                    out[32 * part + i] = scale * (in.get(codes + i) >> (4 * upper) & 0xF) - least;
                }
            }
        }
    }

    private static void q5k(ByteBuffer in, int at, float[] out) {
        for (int pair = 0; pair < 4; pair++) {
            int codes = at + 48 + 32 * pair;
            for (int upper = 0; upper < 2; upper++) {
                int part = 2 * pair + upper;
                float scale = half(in, at) * scale(in, at + 4, part);
                float least = half(in, at + 2) * least(in, at + 4, part);
                for (int i = 0; i < 32; i++) {
                    int high = (in.get(at + 16 + i) >> part & 1) << 4;
                    out[32 * part + i] = scale * ((in.get(codes + i) >> (4 * upper) & 0xF) + high) - least;
                }
            }
        }
    }

    private static void q6k(ByteBuffer in, int at, float[] out) {
        float scale = half(in, at + 208);
        for (int i = 0; i < 256; i++) {
            int part = i / 128;
            int row = i % 128;
            int lane = row / 32; // which two of the high bits, and which half of the low byte
            int low = in.get(at + 64 * part + row % 64) >> (lane < 2 ? 0 : 4) & 0xF;
            int high = in.get(at + 128 + 32 * part + row % 32) >> (2 * lane) & 3;
            float fine = in.get(at + 192 + 8 * part + row / 16);
            out[i] = scale * fine * ((low | high << 4) - 32);
        }
    }

    /** Six bits each: the scale of part 0 to 7. */
    private static int scale(ByteBuffer in, int at, int part) {
        return part < 4 ? in.get(at + part) & 63 : in.get(at + part + 4) & 0xF | (in.get(at + part - 4) >> 6 & 3) << 4;
    }

    /** Six bits each: what is taken off in part 0 to 7. */
    private static int least(ByteBuffer in, int at, int part) {
        return part < 4
                ? in.get(at + part + 4) & 63
                : in.get(at + part + 4) >> 4 & 0xF | (in.get(at + part) >> 6 & 3) << 4;
    }

    private static float half(ByteBuffer in, int at) {
        return Float.float16ToFloat(in.getShort(at));
    }
}
