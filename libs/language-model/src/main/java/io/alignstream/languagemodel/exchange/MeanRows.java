package io.alignstream.languagemodel.exchange;

import io.alignstream.languagemodel.checkpoint.Tensor;
import java.nio.ByteBuffer;

/** Fits an embedding to a number of token ids. */
final class MeanRows {

    private MeanRows() {}

    /**
     * The first {@code size} rows of {@code matrix} (two dimensions, any float type), or all of them and behind them rows
     * with their mean.
     */
    static Tensor resize(Tensor matrix, int size) {
        int rows = Math.toIntExact(matrix.shape()[0]);
        int width = Math.toIntExact(matrix.shape()[1]);
        if (size <= rows) {
            ByteBuffer first =
                    matrix.data().slice(0, size * width * matrix.type().bytes());
            return new Tensor(matrix.type(), new long[] {size, width}, first);
        }
        return append(matrix, rows, width, size - rows);
    }

    private static Tensor append(Tensor matrix, int rows, int width, int count) {
        ByteBuffer in = matrix.data();
        double[] mean = new double[width];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < width; i++) {
                mean[i] += get(matrix.type(), in) / rows;
            }
        }
        long bytes = (long) in.limit() + (long) count * width * matrix.type().bytes();
        ByteBuffer out = Tensor.memory(Math.toIntExact(bytes));
        out.put(matrix.data());
        for (int row = 0; row < count; row++) {
            for (double value : mean) {
                put(matrix.type(), out, (float) value);
            }
        }
        return new Tensor(matrix.type(), new long[] {rows + count, width}, out.flip());
    }

    private static float get(Tensor.Type type, ByteBuffer in) {
        return switch (type) {
            case F32 -> in.getFloat();
            case F16 -> Float.float16ToFloat(in.getShort());
            case BF16 -> Float.intBitsToFloat(in.getShort() << 16);
            default -> throw new IllegalArgumentException("a tensor of type " + type + " holds no floats");
        };
    }

    private static void put(Tensor.Type type, ByteBuffer out, float value) {
        switch (type) {
            case F32 -> out.putFloat(value);
            case F16 -> out.putShort(Float.floatToFloat16(value));
            // Rounded half up; a mean is no infinity or NaN whose bits could overflow.
            case BF16 -> out.putShort((short) ((Float.floatToIntBits(value) + 0x8000) >>> 16));
            default -> throw new IllegalArgumentException("a tensor of type " + type + " holds no floats");
        }
    }
}
