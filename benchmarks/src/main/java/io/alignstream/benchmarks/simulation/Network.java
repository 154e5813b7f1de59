package io.alignstream.benchmarks.simulation;

/**
 * What connects workers.
 *
 * @param name for people
 * @param within each worker's link where there are at most {@code near} of them
 * @param near how many workers are near each other
 * @param beyond each worker's link where there are more
 */
public record Network(String name, Link within, int near, Link beyond) {

    /** What this counts with where nobody measured: a small message between two cards of one machine. */
    private static final double NEAR_LATENCY = 10e-6;

    /** The same between two machines. */
    private static final double FAR_LATENCY = 30e-6;

    /**
     * Fourth-generation NVLink: 900 GB/s a card, both directions together, so half of it each way; beyond eight cards the
     * 57.6 TB/s that the NVLink Switch System gives 256 of them
     * (developer.nvidia.com/blog/upgrading-multi-gpu-interconnectivity-with-the-third-generation-nvidia-nvswitch).
     */
    public static final Network NVLINK =
            new Network("NVLink (published)", new Link(450e9, NEAR_LATENCY), 8, new Link(57.6e12 / 256, NEAR_LATENCY));

    /** A network in which each worker has the same link, however many there are. */
    public static Network of(String name, Link link) {
        return new Network(name, link, 1, link);
    }

    /** Ethernet, each worker with a port of its own; its latency is an assumption. */
    public static Network ethernet(int gigabits) {
        return of(gigabits + " Gbit/s Ethernet", new Link(gigabits * 1e9 / 8, FAR_LATENCY));
    }

    Link link(int workers) {
        return workers <= near ? within : beyond;
    }
}
