package io.alignstream.benchmarks.simulation;

/**
 * What a step asks for, whoever takes it.
 *
 * @param name of the network
 * @param parameters numbers that are learned
 * @param flopsPerToken floating point operations of forward and backward pass for each token, as model FLOPs utilisation
 *     counts them
 * @param tokens of a step, of all workers together
 */
public record Workload(String name, long parameters, double flopsPerToken, long tokens) {

    public Workload {
        if (parameters < 1 || !(flopsPerToken > 0) || tokens < 1) {
            throw new IllegalArgumentException(name + " needs parameters, operations and tokens above 0");
        }
    }

    /** Bytes of all gradients, in fp32. */
    public double gradientBytes() {
        return 4.0 * parameters;
    }
}
