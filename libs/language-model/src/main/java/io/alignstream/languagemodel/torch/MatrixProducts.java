package io.alignstream.languagemodel.torch;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;

/** Speed of this machine's matrix products: the ceiling that training can reach. */
public final class MatrixProducts {

    private static final int SIDE = 2_048;
    /** Of the matrices by which it is found out how large ones can be multiplied in time. */
    private static final int SMALL = 256;

    private static final int PRODUCTS = 4;
    private static final int REPEATS = 5;

    private static final TorchProgram PROGRAM = new TorchProgram(
            """
              def products(self, which: Tensor, beside: Tensor) -> Tensor:
                # which = [data type, side, count]: as many products of two square matrices, on the device of beside
                torch.set_grad_enabled(False)
                side = int(which[1])
                a = torch.to(torch.ones([side, side], device=beside.device), int(which[0]))
                b = torch.mul(a, 0.001)
                for i in range(int(which[2])):
                  b = torch.linear(a, b)
                return torch.to(torch.select(torch.flatten(b), 0, 0), 6)
            """);

    private MatrixProducts() {}

    /** Floating point operations a second of products of two square matrices of side {@value #SIDE}. */
    public static double flopsPerSecond(Precision precision) {
        return flopsPerSecond(precision, SIDE);
    }

    /**
     * The same of the largest matrices up to that side that {@code seconds} suffice for, roughly; the smaller they are, the further
     * it lies below.
     */
    static double flopsPerSecondWithin(Precision precision, double seconds) {
        seconds(precision, SMALL, 1); // the first call compiles
        double small = flopsPerSecond(precision, SMALL);
        int side = SIDE;
        while (side > SMALL && flops(side) * REPEATS * (2 + PRODUCTS) > small * seconds) {
            side /= 2;
        }
        return side == SMALL ? small : Math.max(small, flopsPerSecond(precision, side));
    }

    private static double flopsPerSecond(Precision precision, int side) {
        double once = Double.MAX_VALUE;
        double more = Double.MAX_VALUE;
        for (int i = 0; i < REPEATS; i++) {
            once = Math.min(once, seconds(precision, side, 1));
            more = Math.min(more, seconds(precision, side, 1 + PRODUCTS));
        }
        return PRODUCTS * flops(side) / Math.max(1e-9, more - once);
    }

    /** Of one product. */
    private static double flops(int side) {
        return 2 * Math.pow(side, 3);
    }

    /** Time of making the matrices and {@code count} products. */
    private static double seconds(Precision precision, int side, int count) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = new NDList(
                    TorchRuntime.settings(call).create(new long[] {precision.torchType(), side, count}),
                    call.create(0f));
            long began = System.nanoTime();
            PROGRAM.run(call, "products", in).singletonOrThrow().toFloatArray();
            return (System.nanoTime() - began) / 1e9;
        }
    }
}
