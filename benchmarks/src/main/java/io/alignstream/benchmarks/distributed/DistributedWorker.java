package io.alignstream.benchmarks.distributed;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.training.AlignstreamTrainer;
import io.alignstream.benchmarks.training.TokenRows;
import io.alignstream.languagemodel.collective.ProcessGroup;
import io.alignstream.languagemodel.collective.Rendezvous;
import io.alignstream.languagemodel.collective.RendezvousServer;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.training.Learner;
import io.alignstream.training.memory.ActivationMemory;
import io.alignstream.training.workers.Generation;
import io.alignstream.training.workers.Member;
import io.alignstream.training.workers.Standing;
import io.alignstream.training.workers.WorkerGroup;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Alignstream's side of the benchmark of several workers: one of them, which obeys lines.
 *
 * <ul>
 *   <li>{@code open}: serves a rendezvous, answers its {@code port}
 *   <li>{@code join RANK SHARDS HOST:PORT,HOST:PORT}: meets the others
 *   <li>{@code steps N}: takes steps of the whole batch with them
 *   <li>{@code alone SHARDS ROWS N}: takes steps of so many rows by itself, cut into shards
 *   <li>{@code sum BYTES TIMES}: sums with the others, by the tree, and answers the median's {@code seconds}
 *   <li>{@code add}: adds long rows by itself and answers the {@code seconds} of one number
 *   <li>{@code listen}, {@code accept}, {@code connect HOST PORT}: measure the network between two
 *   <li>{@code leave}
 * </ul>
 */
final class DistributedWorker {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration CALL = Duration.ofMinutes(10);

    private static final String GROUP = "sums";

    /** Rows that are added, of as many numbers as do not fit into a cache. */
    private static final int ADDED_ROWS = 8;

    private static final int ADDED_COLUMNS = 1 << 23;

    private final InetAddress address;
    private final int context;
    private final int batch;
    private final TokenRows rows;
    private final Precision precision;
    private final Transformer model;
    private final AdamW optimiser;
    private final NextTokenObjective objective;

    private @Nullable RendezvousServer server;
    private @Nullable WorkerGroup workers;
    private @Nullable Learner shared;
    private @Nullable Rendezvous rendezvous;
    private @Nullable ProcessGroup group;
    private @Nullable LinkProbe probe;
    private long step;

    private DistributedWorker(BenchmarkOptions options) throws IOException {
        address = InetAddress.getByName(options.values().getOrDefault("address", "127.0.0.1"));
        context = options.number("context", 1);
        batch = options.number("batch", 1);
        rows = TokenRows.read(options.path("tokens").orElseThrow(), context);
        precision = Precision.of(options.values().getOrDefault("precision", "auto"));
        model = Transformer.initialise(AlignstreamTrainer.network(options), 1);
        optimiser = new AdamW(model, AlignstreamTrainer.ADAMW, precision);
        objective = new NextTokenObjective(model, precision);
    }

    /** Runs until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        AlignstreamTrainer.serve(new DistributedWorker(BenchmarkOptions.parse(arguments))::answer);
    }

    private Map<String, Object> answer(String line) {
        String[] words = line.split(" ", -1);
        try {
            return switch (words[0]) {
                case "open" -> open();
                case "join" -> join(Integer.parseInt(words[1]), Integer.parseInt(words[2]), words[3]);
                case "steps" -> take(Integer.parseInt(words[1]), batch, Objects.requireNonNull(shared));
                case "alone" ->
                    take(
                            Integer.parseInt(words[3]),
                            Integer.parseInt(words[2]),
                            learner(Workers.alone(Integer.parseInt(words[1]))));
                case "sum" -> sum(Long.parseLong(words[1]), Integer.parseInt(words[2]));
                case "add" -> add();
                case "listen" -> {
                    probe = LinkProbe.listen(address);
                    yield Map.of("port", probe.port());
                }
                case "accept" -> Objects.requireNonNull(probe).accept();
                case "connect" -> LinkProbe.connect(words[1], Integer.parseInt(words[2]));
                case "leave" -> leave();
                default -> throw new IllegalArgumentException("unknown command: " + line);
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As the services make it, whose batches go through the network in parts that fit into memory. */
    private Learner learner(Workers of) {
        return new Learner(model, optimiser, ActivationMemory.DEFAULT, precision, of);
    }

    private Map<String, Object> take(int steps, int count, Learner learner) {
        return AlignstreamTrainer.take(steps, (long) count * context, () -> learner.step(
                        objective, rows.batch(step++, count), AlignstreamTrainer.LEARNING_RATE)
                .loss());
    }

    private Map<String, Object> open() {
        server = RendezvousServer.open(address);
        return Map.of("port", server.address().getPort());
    }

    private Map<String, Object> join(int rank, int shards, String addresses) {
        List<Member> members = new ArrayList<>();
        for (String member : addresses.split(",", -1)) {
            String[] parts = member.split(":", -1);
            members.add(new Member(member, new InetSocketAddress(parts[0], Integer.parseInt(parts[1])), Map.of()));
        }
        Generation generation = new Generation(1, "benchmark", members, 0, OptionalInt.of(rank));
        workers = new WorkerGroup(() -> new FixedMembership(generation), Objects.requireNonNull(server), shards, 0);
        if (!workers.meet(new Standing(0, 0), () -> false)) {
            throw new IllegalStateException("the workers did not meet");
        }
        shared = learner(workers);
        rendezvous = Rendezvous.connect(members.getFirst().rendezvous(), GROUP, PATIENCE);
        group = ProcessGroup.join(rendezvous, address, rank, members.size(), PATIENCE, CALL);
        return Map.of("leads", workers.leads());
    }

    private Map<String, Object> sum(long bytes, int times) {
        ProcessGroup together = Objects.requireNonNull(group);
        List<Double> seconds = new ArrayList<>();
        try (NDManager scope = TorchRuntime.get().newScope()) {
            NDArray row = scope.zeros(new Shape(1, bytes / Float.BYTES));
            for (int i = 0; i < times; i++) {
                together.barrier();
                long began = System.nanoTime();
                together.treeSum(row, together.size());
                seconds.add((System.nanoTime() - began) / 1e9);
            }
        }
        return Map.of("seconds", Figures.median(seconds));
    }

    private Map<String, Object> add() {
        List<Double> seconds = new ArrayList<>();
        try (NDManager scope = TorchRuntime.get().newScope();
                ProcessGroup alone = ProcessGroup.join(null, address, 0, 1, PATIENCE, CALL)) {
            NDArray all = scope.zeros(new Shape(ADDED_ROWS, ADDED_COLUMNS));
            for (int i = 0; i < 4; i++) {
                long began = System.nanoTime();
                alone.treeSum(all, ADDED_ROWS);
                seconds.add((System.nanoTime() - began) / 1e9 / (ADDED_ROWS - 1) / ADDED_COLUMNS);
            }
        }
        return Map.of("seconds", Figures.median(seconds));
    }

    private Map<String, Object> leave() {
        Objects.requireNonNull(group).close();
        Objects.requireNonNull(rendezvous).close();
        Objects.requireNonNull(workers).close();
        shared = null;
        return Map.of();
    }
}
