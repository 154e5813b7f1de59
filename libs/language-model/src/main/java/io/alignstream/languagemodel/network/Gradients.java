package io.alignstream.languagemodel.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;

/**
 * The gradients of one step: what objectives add to and an optimiser applies; for one thread.
 *
 * <p>This is the seam between a loss and its update. One batch or several micro-batches, one machine or many: what arrives
 * at the optimiser is one weighted sum. An objective adds the gradients of its batch's mean; with each batch weighed by
 * its part of all that is counted, the sum is the gradient of the mean over all of them. A single batch of weight 1 stays
 * bit for bit and in the number format in which it was computed, everything else is fp32. Where workers exchange something
 * else than gradients, as after a round of local SGD, this is what adds it up, too.
 *
 * {@snippet :
 * try (Gradients gradients = new Gradients(model)) {
 *     double loss = objective.accumulate(batch, gradients);
 *     double norm = optimiser.step(gradients, learningRate);
 * }
 * }
 */
public final class Gradients implements AutoCloseable {

    private static final TorchProgram PROGRAM = new TorchProgram(
            """
              def added(self, g: Dict[str, Tensor], h: Dict[str, Tensor]) -> Dict[str, Tensor]:
                # in the memory of g, if that is fp32
                torch.set_grad_enabled(False)
                result: Dict[str, Tensor] = {}
                for name in g.keys():
                  result[name] = torch.add_(torch.to(g[name], 6), torch.to(h[name], 6))
                return result

              def weighed(self, g: Dict[str, Tensor], factor: Tensor) -> Dict[str, Tensor]:
                # in the memory of g, if that is fp32
                torch.set_grad_enabled(False)
                result: Dict[str, Tensor] = {}
                for name in g.keys():
                  result[name] = torch.mul_(torch.to(g[name], 6), float(factor))
                return result

              def written(self, g: Dict[str, Tensor], rows: Tensor, index: Tensor) -> Tensor:
                # one after the other into a row of rows [N, all elements]
                torch.set_grad_enabled(False)
                row = torch.select(rows, 0, int(index))
                first = 0
                for name in g.keys():
                  torch.copy_(torch.narrow(row, 0, first, g[name].numel()), torch.flatten(g[name]))
                  first = first + g[name].numel()
                return row

              def seen(self, g: Dict[str, Tensor], rows: Tensor) -> Dict[str, Tensor]:
                # the first row of rows [N, all elements] in the shapes of g, where it lies
                torch.set_grad_enabled(False)
                row = torch.select(rows, 0, 0)
                result: Dict[str, Tensor] = {}
                first = 0
                for name in g.keys():
                  result[name] = torch.view(torch.narrow(row, 0, first, g[name].numel()), g[name].size())
                  first = first + g[name].numel()
                return result
            """);

    private final SequencedMap<String, NDArray> of;
    private final List<String> names;
    private final int lowestBlock;
    private final NDManager scope = TorchRuntime.get().newScope();
    private NDList sums = new NDList();
    private double weight = 1;
    private boolean single = true;
    /** Whether the sums lie in somebody's rows. */
    private boolean lent;

    /** No gradients yet of {@code trained}. */
    public Gradients(Trainable trained) {
        this(trained.weights(), trained.lowestBlock());
    }

    /** Nothing yet to be added up of what has the names and shapes of {@code like}, which stays the caller's. */
    public Gradients(SequencedMap<String, NDArray> like) {
        this(like, 0);
    }

    private Gradients(SequencedMap<String, NDArray> like, int lowestBlock) {
        this.of = like;
        this.names = List.copyOf(like.keySet());
        this.lowestBlock = lowestBlock;
    }

    /** Down to which block gradients are wanted; with 0 those of the embeddings are, too. */
    public int lowestBlock() {
        return lowestBlock;
    }

    /**
     * Says by what the gradients that are added from now on are multiplied; 1 at first.
     *
     * @param weight above 0; a micro-batch's part of what all of them count for
     */
    public void weigh(double weight) {
        if (!(weight > 0 && Double.isFinite(weight))) {
            throw new IllegalArgumentException("the gradients' weight is " + weight + " but must be above 0");
        }
        this.weight = weight;
    }

    /** Says that what is added is a part of several: fp32 whatever its weight, so that its sum with others is the same for all. */
    public void asPart() {
        single = false;
    }

    /**
     * Adds the gradients of one batch, as often as they are weighed.
     *
     * @param computed one array for each weight by its name, and for others of the network, which are left out; they belong
     *     to this object from now on
     */
    public void add(Map<String, NDArray> computed) {
        if (!computed.keySet().containsAll(names)) {
            throw new IllegalArgumentException(
                    "gradients of " + computed.keySet() + " do not fit the weights " + names);
        }
        computed.forEach((name, gradient) -> gradient.setName(name));
        NDList added = ordered(computed.values());
        if (computed.size() > names.size()) {
            Set<String> learning = Set.copyOf(names);
            computed.forEach((name, gradient) -> {
                if (!learning.contains(name)) {
                    gradient.close();
                }
            });
        }
        added.attach(scope);
        if (weight != 1 || !single) {
            NDList plain = added;
            added = weighed(plain);
            plain.close();
        }
        sums = sums.isEmpty() ? added : sum(sums, added);
    }

    /** Adds those of {@code part}, which is closed. */
    public void add(Gradients part) {
        NDList added = part.arguments();
        added.attach(scope);
        part.sums = new NDList();
        part.close();
        sums = sums.isEmpty() ? added : sum(sums, added);
    }

    /** Adds nothing: a part without rows. */
    public void addZeros() {
        Map<String, NDArray> zeros = new HashMap<>();
        of.forEach((name, array) -> zeros.put(name, scope.zeros(array.getShape())));
        add(zeros);
    }

    /** Whether nothing was added. */
    public boolean isEmpty() {
        return sums.isEmpty();
    }

    /** Numbers in all gradients together. */
    public long count() {
        return of.values().stream().mapToLong(NDArray::size).sum();
    }

    /** Writes the sums one after the other into row {@code at} of {@code rows}, fp32 {@code [N, count]}. */
    public void write(NDArray rows, int at) {
        NDList in = arguments();
        in.add(rows);
        try (NDManager call = TorchRuntime.get().newScope()) {
            in.add(TorchRuntime.settings(call).create((long) at));
            PROGRAM.run(call, "written", in);
        }
    }

    /** The sha256 of all bits, one array after the other; none of them passes through the heap as a whole. */
    public String sha256() {
        Sha256 sha256 = new Sha256();
        arguments().forEach(gradient -> sha256.add(gradient.toByteBuffer(true)));
        return sha256.hex();
    }

    /**
     * Takes the first of {@code rows}, as {@link #write} writes, for the sums: they lie there from now on, and end with it,
     * unless they are {@linkplain #keep kept}.
     */
    public void read(NDArray rows) {
        NDList in = arguments();
        in.add(rows);
        NDList seen = ordered(PROGRAM.run(scope, "seen", in));
        sums.close();
        sums = seen;
        lent = true;
    }

    /** Copies what lies in somebody's rows, which may be written anew then. */
    public void keep() {
        if (!lent) {
            return;
        }
        NDList copies = new NDList(names.size());
        for (NDArray sum : sums) {
            NDArray copy = sum.duplicate();
            copy.setName(sum.getName());
            copies.add(copy);
        }
        copies.attach(scope);
        sums.close();
        sums = copies;
        lent = false;
    }

    private NDList weighed(NDList plain) {
        NDList in = new NDList(plain);
        in.add(TorchRuntime.settings(scope).create(weight));
        return ordered(PROGRAM.run(scope, "weighed", in));
    }

    /** Closes both. */
    private NDList sum(NDList sums, NDList added) {
        NDList in = new NDList(2 * names.size());
        in.addAll(sums);
        added.forEach(gradient -> gradient.setName(gradient.getName().replaceFirst("g", "h")));
        in.addAll(added);
        NDList total = ordered(PROGRAM.run(scope, "added", in));
        sums.close();
        added.close();
        return total;
    }

    /** As the program's dictionary {@code g}, in the weights' order. */
    private NDList ordered(Iterable<NDArray> computed) {
        Map<String, NDArray> byName = new HashMap<>();
        computed.forEach(gradient -> byName.put(gradient.getName(), gradient));
        NDList ordered = new NDList(names.size());
        for (String name : names) {
            NDArray gradient = Objects.requireNonNull(byName.get(name));
            gradient.setName("g." + name);
            ordered.add(gradient);
        }
        return ordered;
    }

    /** The sums as a program's dictionary {@code g}, in the weights' order; they stay this object's. */
    public NDList arguments() {
        if (sums.isEmpty()) {
            throw new IllegalStateException("there are no gradients: let an objective add some before the step");
        }
        return new NDList(sums);
    }

    /** Frees the native memory. */
    @Override
    public void close() {
        scope.close();
    }
}
