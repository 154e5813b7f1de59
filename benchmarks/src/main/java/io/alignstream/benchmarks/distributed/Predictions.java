package io.alignstream.benchmarks.distributed;

import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.simulation.Exchange;
import io.alignstream.benchmarks.simulation.Link;
import io.alignstream.benchmarks.simulation.Network;
import io.alignstream.benchmarks.simulation.Processor;
import io.alignstream.benchmarks.simulation.Simulation;
import io.alignstream.benchmarks.simulation.StepTime;
import io.alignstream.benchmarks.simulation.Workload;
import io.alignstream.benchmarks.training.TrainingShape;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The simulation of one network on this processor: beside what was measured, and on machines that are not here. */
final class Predictions {

    /** Most workers of the tables. */
    private static final int MOST = 256;

    /** Sequences a step of the tables on this processor: one for each of the most shards. */
    private static final int SEQUENCES = MOST;

    /** Tokens a step of the tables on cards, as GPT-3's smaller models had (arXiv 2005.14165, table 2.1). */
    private static final int CARD_TOKENS = 1 << 19;

    private static final int CARD_CONTEXT = 1_024;

    /** GPT-2's, to a multiple of 64. */
    private static final int CARD_VOCABULARY = 50_304;

    private final PrintStream out;
    private final Figures figures;
    private final TrainingShape shape;
    private final Processor processor;
    private final Network network;
    private final boolean linkShares;
    private final int cores;

    /**
     * From what was measured.
     *
     * @param whole steps of the batch by one worker
     * @param part the same of a batch of fewer rows
     * @param partRows of that
     * @param sharded the same as whole, cut into shards
     * @param addSeconds of one number to another
     * @param link between two workers
     * @param places where workers are, which says whether the link's speed is the processor's
     * @param cores that workers share if there are more of them
     */
    Predictions(
            PrintStream out,
            Figures figures,
            TrainingShape shape,
            Contender whole,
            Contender part,
            int partRows,
            Contender sharded,
            double addSeconds,
            Link link,
            Places places,
            int cores) {
        this.out = out;
        this.figures = figures;
        this.shape = shape;
        this.cores = cores;
        linkShares = places.sharesProcessor();
        double tokens = (double) (shape.batch() - partRows) * shape.context();
        double secondsPerToken = Math.max(1e-12, (whole.seconds() - part.seconds()) / tokens);
        double fixed = Math.max(0, whole.seconds() - secondsPerToken * shape.batch() * shape.context());
        long parameters = shape.network().parameters();
        double shard = (sharded.seconds() - whole.seconds()) / sharded.shards();
        double beside = Math.max(0, shard - addSeconds * parameters);
        processor = new Processor(
                "one core of this machine",
                shape.flopsPerToken() / secondsPerToken,
                fixed / parameters,
                addSeconds,
                beside);
        network = Network.of("link as between two workers here (" + places + ")", link);
        out.printf(
                "simulation from: %.1f GFLOP/s in forward and backward pass, %.0f ms an update, %.1f ms adding, %.1f ms more"
                        + " a shard, link"
                        + " %.2f GB/s each way, %.0f µs%n",
                processor.flopsPerSecond() / 1e9,
                1e3 * fixed,
                1e3 * addSeconds * parameters,
                1e3 * beside,
                link.bytesPerSecond() / 1e9,
                1e6 * link.latencySeconds());
        figures.add(Map.of(
                "part",
                "simulation-inputs",
                "flopsPerSecond",
                processor.flopsPerSecond(),
                "updateSeconds",
                fixed,
                "addSeconds",
                addSeconds * parameters,
                "shardSeconds",
                beside,
                "linkBytesPerSecond",
                link.bytesPerSecond(),
                "linkLatencySeconds",
                link.latencySeconds()));
    }

    /**
     * Says what the simulation predicts of a run that was measured.
     *
     * @param alone one worker, in turns beside that run
     */
    void check(Contender run, Contender alone) {
        StepTime step = shared(run.workers(), parameters(), shape.batch())
                .step(run.workers(), new Exchange.Exact(run.shards()));
        StepTime one = shared(1, parameters(), shape.batch()).step(1, new Exchange.Exact(1));
        double predicted = shape.batch() * shape.context() / step.seconds();
        double speedUp = one.seconds() / step.seconds();
        double measured = run.ratio(alone);
        out.printf(
                "    predicted %,.0f tokens/s (%+.1f %%), %.2f times one worker, measured %.2f (%+.1f %%)%n",
                predicted, 100 * (predicted / run.rate() - 1), speedUp, measured, 100 * (speedUp / measured - 1));
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("part", "simulation-check");
        line.put("link", network.name());
        line.put("workers", run.workers());
        line.put("predictedTokensPerSecond", predicted);
        line.put("measuredTokensPerSecond", run.rate());
        line.put("predictedSpeedUp", speedUp);
        line.put("measuredSpeedUp", measured);
        line.putAll(step.parts());
        figures.add(line);
    }

    /** Seconds that the simulation predicts for a sum of {@code bytes}. */
    double sum(int workers, long bytes) {
        return shared(workers, bytes / Float.BYTES, 1).sum(workers);
    }

    private long parameters() {
        return shape.network().parameters();
    }

    private Simulation shared(int workers, long parameters, int rows) {
        double sharing = Math.max(1, (double) workers / cores);
        return new Simulation(
                new Workload("measured", parameters, shape.flopsPerToken(), (long) rows * shape.context()),
                processor.sharedBy(sharing),
                linkShares ? Network.of(network.name(), network.within().sharedBy(sharing)) : network);
    }

    /**
     * The tables.
     *
     * @param innerSteps of the workers' own between two sums of local SGD
     */
    void tables(int innerSteps) {
        out.println("predicted thousands of tokens/s, and what takes most of a step: c(ompute), s(hards), e(xchange),"
                + " o(ptimiser), r(eading)");
        int vocabulary = shape.network().vocabularySize();
        List<TrainingShape> here = List.of(
                shape(vocabulary, shape.network().layers(), shape.network().width(), shape.context()),
                shape(vocabulary, 12, 768, shape.context()));
        List<TrainingShape> cards =
                List.of(shape(CARD_VOCABULARY, 12, 768, CARD_CONTEXT), shape(CARD_VOCABULARY, 24, 1_024, CARD_CONTEXT));
        List<Network> cables = List.of(network, Network.ethernet(1), Network.ethernet(10));
        for (TrainingShape each : here) {
            for (Network of : cables) {
                table(workload(each, (long) SEQUENCES * each.context()), processor, of, innerSteps);
            }
        }
        for (TrainingShape each : cards) {
            for (Network of : List.of(Network.NVLINK, Network.ethernet(100))) {
                table(workload(each, CARD_TOKENS), Processor.H100, of, innerSteps);
            }
        }
    }

    private static TrainingShape shape(int vocabulary, int depth, int width, int context) {
        return new TrainingShape(TransformerConfig.of(vocabulary, depth, width, context), context, 1);
    }

    private static Workload workload(TrainingShape shape, long tokens) {
        return new Workload(
                shape.network().layers() + " × " + shape.network().width(),
                shape.network().parameters(),
                shape.flopsPerToken(),
                tokens);
    }

    private void table(Workload workload, Processor by, Network of, int innerSteps) {
        out.printf(
                "  %s, %,d million parameters, %,d tokens a step; %s; %s%n",
                workload.name(), workload.parameters() / 1_000_000, workload.tokens(), by.name(), of.name());
        row("exact", workload, by, of, new Exchange.Exact(1));
        row("local-sgd " + innerSteps, workload, by, of, new Exchange.LocalSgd(innerSteps));
    }

    private void row(String mode, Workload workload, Processor by, Network of, Exchange exchange) {
        StringBuilder cells = new StringBuilder();
        for (int workers = 1; workers <= MOST; workers *= 2) {
            StepTime step = new Simulation(workload, by, of).step(workers, exchange);
            double rate = workload.tokens() / step.seconds();
            cells.append("%,11.1f%s".formatted(rate / 1_000, step.binds().charAt(0)));
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("part", "simulation");
            line.put("network", workload.name());
            line.put("processor", by.name());
            line.put("link", of.name());
            line.put("mode", mode);
            line.put("workers", workers);
            line.put("tokensPerSecond", rate);
            line.put("binds", step.binds());
            line.putAll(step.parts());
            figures.add(line);
        }
        out.printf("    %-13s%s%n", mode, cells);
    }
}
