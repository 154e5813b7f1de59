package io.alignstream.languagemodel.collective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Adds gradients over the members of a group, in memory that is kept from one step to the next. For one thread. */
public final class GradientSum implements AutoCloseable {

    private final NDManager scope = TorchRuntime.get().newScope();
    private @Nullable NDArray rows;

    /**
     * The sum over all shards, as the first of {@code parts}, until this is asked again; the others are closed.
     *
     * @param parts the sums of the fewest complete subtrees of this member's shards, from left to right
     * @param shards of all members, a power of two
     * @throws CollectiveException if it fails; all parts are closed then
     */
    public Gradients of(ProcessGroup group, List<Gradients> parts, int shards) {
        Gradients first = parts.getFirst();
        try {
            NDArray buffer = rows(parts.size(), first.count());
            for (int i = 0; i < parts.size(); i++) {
                parts.get(i).write(buffer, i);
            }
            group.treeSum(buffer, shards);
            first.read(buffer);
            parts.subList(1, parts.size()).forEach(Gradients::close);
            return first;
        } catch (RuntimeException e) {
            parts.forEach(Gradients::close);
            throw e;
        }
    }

    private NDArray rows(int count, long columns) {
        Shape shape = new Shape(count, columns);
        NDArray buffer = rows;
        if (buffer == null || !buffer.getShape().equals(shape)) {
            if (buffer != null) {
                buffer.close();
            }
            buffer = scope.zeros(shape);
            rows = buffer;
        }
        return buffer;
    }

    @Override
    public void close() {
        scope.close();
    }
}
