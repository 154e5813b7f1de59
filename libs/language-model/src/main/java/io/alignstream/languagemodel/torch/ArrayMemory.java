package io.alignstream.languagemodel.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.checkpoint.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.function.Consumer;

/**
 * libtorch's memory seen from Java, so that weights and moments never pass through its heap. Thread-safe.
 *
 * <p>A view is a tensor without memory of its own: it shows what its array holds at the moment, and when the owner closes
 * this object, before the arrays are freed, using a view fails with an {@link IllegalStateException}. The memory of a card
 * cannot be seen: of an array there a view is a copy outside of the heap, as the array was when the view was taken, and
 * what is written goes there through such a copy.
 */
public final class ArrayMemory implements AutoCloseable {

    private static final TorchProgram PROGRAM = new TorchProgram(
            """
              def overwritten(self, x: Tensor, by: Tensor) -> Tensor:
                torch.set_grad_enabled(False)
                return torch.copy_(x, by)
            """);

    private final Arena arena = Arena.ofShared();

    /** The elements of {@code array}, fp32 and contiguous, where they lie; of a card a copy. */
    public Tensor view(NDArray array) {
        if (array.getDevice().isGpu()) {
            return snapshot(array);
        }
        MemorySegment memory = MemorySegment.ofBuffer(bytes(array));
        ByteBuffer guarded = MemorySegment.ofAddress(memory.address())
                .reinterpret(memory.byteSize(), arena, null)
                .asByteBuffer();
        return new Tensor(Tensor.Type.F32, array.getShape().getShape(), guarded);
    }

    /** What {@code array} on any device holds now, in memory of its own. */
    static Tensor snapshot(NDArray array) {
        try (NDArray here = array.getDevice().isGpu() ? array.toDevice(Device.cpu(), true) : array.duplicate()) {
            return new Tensor(Tensor.Type.F32, array.getShape().getShape(), bytes(here)).copy();
        }
    }

    /** The elements of {@code array}, fp32 and contiguous, to be read: only as long as the array is open. */
    public static FloatBuffer floats(NDArray array) {
        return array.getDevice().isGpu()
                ? snapshot(array).data().asFloatBuffer()
                : bytes(array).asFloatBuffer();
    }

    /** Lets {@code change} read and write the elements of {@code array}, fp32 and contiguous. */
    public static void change(NDArray array, Consumer<FloatBuffer> change) {
        if (array.getDevice().isGpu()) {
            changeElsewhere(array, change);
        } else {
            change.accept(bytes(array).asFloatBuffer());
        }
    }

    /** The same of an array on any device, through memory of the processor. */
    static void changeElsewhere(NDArray array, Consumer<FloatBuffer> change) {
        workElsewhere(array, here -> change.accept(bytes(here).asFloatBuffer()));
    }

    /** Lets {@code work} change {@code array} in the processor's memory: where it lies, or on a copy that goes back to the card. */
    public static void onProcessor(NDArray array, Consumer<NDArray> work) {
        if (array.getDevice().isGpu()) {
            workElsewhere(array, work);
        } else {
            work.accept(array);
        }
    }

    private static void workElsewhere(NDArray array, Consumer<NDArray> work) {
        try (NDManager call = TorchRuntime.settings(array.getManager())) {
            NDArray here = copy(call, snapshot(array));
            work.accept(here);
            PROGRAM.run(call, "overwritten", new NDList(array, here));
        }
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
        return make(scope, new Shape(tensor.shape()), tensor::copyTo);
    }

    /** An array of fp32 on the device of {@code scope}; {@code fill} is given its elements, all 0, to be written. */
    public static NDArray make(NDManager scope, Shape shape, Consumer<FloatBuffer> fill) {
        if (!scope.getDevice().isGpu()) {
            NDArray array = scope.zeros(shape);
            fill.accept(bytes(array).asFloatBuffer());
            return array;
        }
        try (NDManager call = TorchRuntime.settings(scope)) {
            NDArray array = make(call, shape, fill).toDevice(scope.getDevice(), true);
            array.attach(scope);
            return array;
        }
    }

    /** Ends the use of all views; closed again it does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
