package io.alignstream.benchmarks.simulation;

/**
 * Predicts how long a step takes with any number of workers.
 *
 * <p>A sum over N workers is what the group's tree sum does: each worker owns a range of columns and gets the others' rows
 * of it, 2^18 columns a round while it adds those of the round before, then sends its sums to all. So each worker sends
 * 2 (N − 1) / N of the gradients' bytes, and no round is faster than a message. Each collective begins with a handshake, and
 * the step's losses are a small sum of their own: rings of 2 (N − 1) messages, one after the other.
 *
 * @param processor of each worker
 * @param network between them
 */
public record Simulation(Workload workload, Processor processor, Network network) {

    /** Columns that a worker adds at a time. */
    static final int SLICE = 1 << 18;

    /** Rings of small messages that a step takes besides its sum: the handshake of the losses, and the losses. */
    private static final int RINGS_OF_LOSSES = 2;

    private static final int TOKEN_BYTES = 4;

    /** What replicas of local SGD bring together, for each parameter: the way that it has gone, and two moments of AdamW. */
    private static final int NUMBERS_OF_REPLICA = 3;

    /**
     * A step of {@code workers}.
     *
     * @param workers 1 or more
     */
    public StepTime step(int workers, Exchange exchange) {
        if (workers < 1) {
            throw new IllegalArgumentException(workers + " workers take no step");
        }
        double compute = workload.tokens() * workload.flopsPerToken() / processor.flopsPerSecond() / workers;
        double optimiser = workload.parameters() * processor.updateSeconds();
        double reading = workload.tokens() * TOKEN_BYTES / network.link(workers).bytesPerSecond();
        return switch (exchange) {
            case Exchange.Exact exact ->
                new StepTime(
                        compute, shards(workers, exact), exchange(workers, workload.parameters()), optimiser, reading);
            case Exchange.LocalSgd local ->
                new StepTime(compute, 0, outer(workers) / local.innerSteps(), optimiser, reading);
        };
    }

    /** Tokens a second of all {@code workers}. */
    public double tokensPerSecond(int workers, Exchange exchange) {
        return workload.tokens() / step(workers, exchange).seconds();
    }

    /** Every shard's gradients are added to what is there; a run with one shard keeps none apart. */
    private double shards(int workers, Exchange.Exact exact) {
        int all = Math.max(workers, exact.shards());
        return all == 1 ? 0 : (double) all / workers * (adding(workload.parameters()) + processor.shardSeconds());
    }

    /** The gradients' way into one row, their sum, and the losses. */
    private double exchange(int workers, long numbers) {
        return workers == 1 ? 0 : adding(numbers) + sum(workers, numbers) + RINGS_OF_LOSSES * ring(workers);
    }

    /** Messages that go round all workers, twice. */
    private double ring(int workers) {
        return 2.0 * (workers - 1) * network.link(workers).latencySeconds();
    }

    /**
     * Seconds of the sum of all gradients over {@code workers}, its handshake included.
     *
     * @param workers 1 or more
     */
    public double sum(int workers) {
        return sum(workers, workload.parameters());
    }

    private double sum(int workers, long numbers) {
        if (workers == 1) {
            return 0;
        }
        Link link = network.link(workers);
        double columns = Math.ceil((double) numbers / workers);
        double rounds = Math.ceil(columns / SLICE);
        double sent = 2 * (workers - 1) * columns * Float.BYTES;
        double travelling = Math.max(sent / link.bytesPerSecond(), rounds * link.latencySeconds());
        double firstAndLast = 2 * link.latencySeconds();
        double columnsOfOthers = (workers - 1) * columns * processor.addSeconds();
        return ring(workers) + travelling + firstAndLast + columnsOfOthers;
    }

    /** What has been learned since the last time, its sum, and the outer optimiser; nobody to wait for, nothing of that. */
    private double outer(int workers) {
        long numbers = NUMBERS_OF_REPLICA * workload.parameters();
        return workers == 1
                ? 0
                : adding(numbers) + exchange(workers, numbers) + workload.parameters() * processor.updateSeconds();
    }

    private double adding(long numbers) {
        return numbers * processor.addSeconds();
    }
}
