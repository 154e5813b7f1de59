package io.alignstream.languagemodel.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.checkpoint.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * libtorch's memory seen from Java, so that weights and moments never pass through its heap. Thread-safe.
 *
 * <p>A view is a tensor without memory of its own: it shows what its array holds at the moment, and when the owner closes
 * this object, before the arrays are freed, using a view fails with an {@link IllegalStateException}.
 */
public final class ArrayMemory implements AutoCloseable {

    private final Arena arena = Arena.ofShared();

    /** The elements of {@code array}, fp32 and contiguous, where they lie. */
    public Tensor view(NDArray array) {
        MemorySegment memory = MemorySegment.ofBuffer(bytes(array));
        ByteBuffer guarded = MemorySegment.ofAddress(memory.address())
                .reinterpret(memory.byteSize(), arena, null)
                .asByteBuffer();
        return new Tensor(Tensor.Type.F32, array.getShape().getShape(), guarded);
    }

    /** The elements of {@code array}, fp32 and contiguous, where they lie: only as long as the array is open. */
    public static FloatBuffer floats(NDArray array) {
        return bytes(array).asFloatBuffer();
    }

    private static ByteBuffer bytes(NDArray array) {
        if (array.getDataType() != DataType.FLOAT32) {
            throw new IllegalArgumentException("an array of " + array.getDataType() + " holds no fp32");
        }
        ByteBuffer bytes = array.toByteBuffer(true);
        if (!bytes.isDirect()) {
            throw new IllegalStateException(
                    "libtorch gave a copy of " + array.getShape() + " where its memory was asked for");
        }
        return bytes.order(ByteOrder.nativeOrder());
    }

    /**
     * The elements of {@code tensor} as fp32 in memory that libtorch allocates, so that kernels see the same alignment as
     * after training.
     */
    public static NDArray copy(NDManager scope, Tensor tensor) {
        NDArray array = scope.zeros(new Shape(tensor.shape()));
        tensor.copyTo(floats(array));
        return array;
    }

    /** Ends the use of all views; closed again it does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
