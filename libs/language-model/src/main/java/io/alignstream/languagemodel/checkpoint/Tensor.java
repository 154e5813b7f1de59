package io.alignstream.languagemodel.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;

/**
 * A tensor in host memory outside of Java's heap: row-major, little-endian.
 *
 * <p>Thread-safe as long as nobody writes to the buffer it was made of. The data of a tensor that was read from a file
 * is a read-only view of the mapped file: native code that aliases its address must copy before it writes in place.
 *
 * @param type element type
 * @param shape sizes of the dimensions, each 0 or more; empty for a scalar
 * @param data the elements, exactly {@code elements × type.bytes()} bytes from position 0 to its limit
 */
public record Tensor(Type type, long[] shape, ByteBuffer data) {

    /** Element type; the names are those of the safetensors format. */
    public enum Type {
        F32(4),
        F16(2),
        BF16(2),
        I64(8),
        I32(4),
        U8(1);

        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }

        /** Bytes of one element. */
        public int bytes() {
            return bytes;
        }
    }

    /**
     * Takes {@code data} from its position to its limit, without copying.
     *
     * @throws IllegalArgumentException if the number of bytes does not fit type and shape
     */
    public Tensor {
        shape = shape.clone();
        data = data.slice().order(ByteOrder.LITTLE_ENDIAN);
        long expected = byteSize(type, shape);
        if (data.remaining() != expected) {
            throw new IllegalArgumentException("a tensor " + type + Arrays.toString(shape) + " has " + expected
                    + " bytes but the buffer holds " + data.remaining());
        }
    }

    /** An F32 tensor with a copy of {@code values}. */
    public static Tensor of(float[] values, long... shape) {
        ByteBuffer data = allocate(Type.F32, values.length);
        data.asFloatBuffer().put(values);
        return new Tensor(Type.F32, shape, data);
    }

    /** An I64 tensor with a copy of {@code values}. */
    public static Tensor of(long[] values, long... shape) {
        ByteBuffer data = allocate(Type.I64, values.length);
        data.asLongBuffer().put(values);
        return new Tensor(Type.I64, shape, data);
    }

    /** An I32 tensor with a copy of {@code values}. */
    public static Tensor of(int[] values, long... shape) {
        ByteBuffer data = allocate(Type.I32, values.length);
        data.asIntBuffer().put(values);
        return new Tensor(Type.I32, shape, data);
    }

    /** A U8 tensor with a copy of {@code values}. */
    public static Tensor of(byte[] values, long... shape) {
        return new Tensor(
                Type.U8, shape, allocate(Type.U8, values.length).put(values).flip());
    }

    private static ByteBuffer allocate(Type type, int elements) {
        return memory(Math.multiplyExact(elements, type.bytes()));
    }

    /**
     * Zeroed memory, little-endian, that is freed when nothing refers to it any more; unlike that of a direct buffer it is
     * not bounded by the size of the heap.
     *
     * @param bytes 0 or more
     */
    public static ByteBuffer memory(int bytes) {
        return NativeMemory.allocate(bytes).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The same elements in memory of their own. */
    public Tensor copy() {
        return new Tensor(type, shape, memory(data.limit()).put(data()).flip());
    }

    /** The same elements in the memory of {@code earlier}, if it has the same type and shape and may be written to; else a copy. */
    public Tensor copyInto(Tensor earlier) {
        boolean fits = earlier.type == type && Arrays.equals(earlier.shape, shape) && !earlier.data.isReadOnly();
        return fits ? new Tensor(type, shape, earlier.data().put(data()).flip()) : copy();
    }

    /** A copy of the sizes of the dimensions. */
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** A view of the elements with its own position, little-endian. */
    @Override
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Number of elements: 1 for a scalar. */
    public long elements() {
        return data.limit() / type.bytes();
    }

    /** A copy of the elements of an F32, F16 or BF16 tensor. */
    public float[] toFloats() {
        float[] values = new float[(int) elements()];
        copyTo(FloatBuffer.wrap(values));
        return values;
    }

    /** Writes the elements of an F32, F16 or BF16 tensor into {@code out}, from its position on. */
    public void copyTo(FloatBuffer out) {
        ByteBuffer in = data();
        switch (type) {
            case F32 -> out.put(in.asFloatBuffer());
            case F16 -> {
                while (in.hasRemaining()) {
                    out.put(Float.float16ToFloat(in.getShort()));
                }
            }
            case BF16 -> {
                while (in.hasRemaining()) {
                    out.put(Float.intBitsToFloat(in.getShort() << 16));
                }
            }
            default -> throw new IllegalStateException("a tensor " + this + " does not hold floats");
        }
    }

    /** How many elements are NaN or infinite; 0 of a tensor of integers. */
    public long notFinite() {
        return switch (type) {
            case F32 -> {
                IntBuffer bits = data().asIntBuffer();
                long count = 0;
                for (int i = 0; i < bits.limit(); i++) {
                    count += (bits.get(i) & 0x7F80_0000) == 0x7F80_0000 ? 1 : 0;
                }
                yield count;
            }
            case F16 -> allOnes(0x7C00);
            case BF16 -> allOnes(0x7F80);
            default -> 0;
        };
    }

    /** Elements of two bytes in which all bits of the exponent are set. */
    private long allOnes(int exponent) {
        ShortBuffer bits = data().asShortBuffer();
        long count = 0;
        for (int i = 0; i < bits.limit(); i++) {
            count += (bits.get(i) & exponent) == exponent ? 1 : 0;
        }
        return count;
    }

    /** A copy of the elements of an I64, I32 or U8 tensor. */
    public long[] toLongs() {
        long[] values = new long[(int) elements()];
        ByteBuffer in = data();
        switch (type) {
            case I64 -> in.asLongBuffer().get(values);
            case I32 -> Arrays.setAll(values, i -> in.getInt(4 * i));
            case U8 -> Arrays.setAll(values, i -> Byte.toUnsignedInt(in.get(i)));
            default -> throw new IllegalStateException("a tensor " + this + " does not hold integers");
        }
        return values;
    }

    /** Bytes of a tensor; fails with an {@link IllegalArgumentException} if a size is negative or the product too large. */
    static long byteSize(Type type, long[] shape) {
        long bytes = type.bytes();
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " has a negative size");
            }
            try {
                bytes = Math.multiplyExact(bytes, size);
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " is too large", e);
            }
        }
        return bytes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tensor that
                && type == that.type
                && Arrays.equals(shape, that.shape)
                && data.equals(that.data);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + data.hashCode();
    }

    /** Type and shape, for example {@code F32[2, 3]}. */
    @Override
    public String toString() {
        return type + Arrays.toString(shape);
    }
}
