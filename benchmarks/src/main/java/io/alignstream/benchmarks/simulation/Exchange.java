package io.alignstream.benchmarks.simulation;

/** How workers keep their weights together. */
public sealed interface Exchange {

    /**
     * The gradients of every step are added, by one tree over all shards.
     *
     * @param shards of the run; where there are more workers, as many as workers
     */
    record Exact(int shards) implements Exchange {}

    /**
     * DiLoCo (arXiv 2311.08105): workers learn by themselves, and every so many steps what they have learned is added and
     * taken by an outer optimiser, and their moments become the means.
     *
     * @param innerSteps 1 or more
     */
    record LocalSgd(int innerSteps) implements Exchange {}
}
