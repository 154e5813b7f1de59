package io.alignstream.benchmarks.training;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.FusedOperators;
import io.alignstream.benchmarks.harness.JavaCommand;
import io.alignstream.benchmarks.harness.PythonPeers;
import io.alignstream.benchmarks.harness.WorkerProcess;
import io.alignstream.languagemodel.torch.Precision;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Who trains: Alignstream with its fused operators and with plain ones, PyTorch eagerly and compiled. */
public final class TrainingPeers {

    private static final String FUSED = "alignstream";
    private static final String PLAIN = "alignstream-text";
    private static final String PYTHON = "ALIGNSTREAM_PEERS_PYTHON";
    private static final List<String> PYTORCH = List.of("eager", "compile");

    private final Map<String, List<String>> commands = new LinkedHashMap<>();
    private final Map<String, Map<String, String>> environments = new LinkedHashMap<>();
    private final int threads;

    private TrainingPeers(int threads) {
        this.threads = threads;
    }

    /** All that can run here; says what cannot, and why. */
    static TrainingPeers find(PrintStream out, BenchmarkOptions options, Precision precision)
            throws IOException, InterruptedException {
        TrainingPeers peers =
                new TrainingPeers(options.number("threads", Runtime.getRuntime().availableProcessors()));
        List<String> wanted = List.of(options.values()
                .getOrDefault("peers", "alignstream,alignstream-text,eager,compile")
                .split(","));
        Optional<PythonPeers> python = pytorch(out, options, "pretrain.py");
        Optional<Path> operators = FusedOperators.find(out);
        operators.ifPresent(library -> peers.alignstream(FUSED, library.toString(), precision));
        if (operators.isEmpty() || wanted.contains(PLAIN)) {
            peers.alignstream(operators.isEmpty() ? FUSED : PLAIN, "", precision);
        }
        if (python.isPresent()) {
            for (String mode : PYTORCH) {
                if (wanted.contains(mode)) {
                    peers.pytorch(python.get(), mode, precision);
                }
            }
        }
        return peers;
    }

    /** PyTorch of the option {@code --python} or environment variable {@value #PYTHON}, or installed now. */
    public static Optional<PythonPeers> pytorch(PrintStream out, BenchmarkOptions options, String program)
            throws IOException, InterruptedException {
        return pytorch(out, options, program, "requirements-torch.txt");
    }

    static Optional<PythonPeers> pytorch(PrintStream out, BenchmarkOptions options, String program, String requirements)
            throws IOException, InterruptedException {
        String given = options.values().getOrDefault("python", System.getenv().getOrDefault(PYTHON, ""));
        if (!given.isBlank()) {
            return Optional.of(PythonPeers.with(Path.of(given), program));
        }
        try {
            return Optional.of(PythonPeers.install(out, program, requirements));
        } catch (PythonPeers.UnavailableException e) {
            out.println("without PyTorch: " + e.getMessage());
            return Optional.empty();
        }
    }

    int threads() {
        return threads;
    }

    /** Ours first. */
    List<String> names() {
        return List.copyOf(commands.keySet());
    }

    WorkerProcess start(String name, TrainingShape shape, Path tokens, Path log) throws IOException {
        List<String> command = new ArrayList<>(commands.getOrDefault(name, List.of()));
        command.addAll(shape.options());
        command.addAll(List.of("--tokens", tokens.toString()));
        return new WorkerProcess(name, command, environments.getOrDefault(name, Map.of()), log);
    }

    private void alignstream(String name, String operators, Precision precision) {
        List<String> command = new ArrayList<>(JavaCommand.of(AlignstreamTrainer.class, threads));
        command.addAll(List.of("--precision", precision.label()));
        commands.put(name, command);
        environments.put(name, Map.of(FusedOperators.VARIABLE, operators));
    }

    private void pytorch(PythonPeers python, String mode, Precision precision) {
        List<String> command = new ArrayList<>(python.command());
        command.addAll(
                List.of("--mode", mode, "--precision", precision.label(), "--threads", Integer.toString(threads)));
        commands.put("pytorch-" + mode, command);
    }
}
