package io.alignstream.benchmarks.distributed;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.FusedOperators;
import io.alignstream.benchmarks.harness.JavaCommand;
import io.alignstream.benchmarks.harness.PythonPeers;
import io.alignstream.benchmarks.harness.WorkerProcess;
import io.alignstream.benchmarks.training.TrainingPeers;
import io.alignstream.benchmarks.training.TrainingShape;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.local.service.CollectiveLibrary;
import io.alignstream.local.site.Installation;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Who trains with several workers, each of which has one thread: Alignstream, and PyTorch as far as it is wanted and here. */
final class DistributedPeers {

    private static final Path TASKSET = Path.of("/usr/bin/taskset");

    private final Optional<PythonPeers> python;
    private final List<String> modes;
    private final Precision precision;
    private final Map<String, String> libraries = new LinkedHashMap<>();
    private final int cores = Runtime.getRuntime().availableProcessors();
    private final boolean pinned = Files.isExecutable(TASKSET);

    private DistributedPeers(Optional<PythonPeers> python, List<String> modes, Precision precision) {
        this.python = python;
        this.modes = modes;
        this.precision = precision;
    }

    /**
     * All that can run here; says what cannot, and why.
     *
     * @throws IOException if there is no library of collectives
     */
    static DistributedPeers find(PrintStream out, BenchmarkOptions options, Precision precision)
            throws IOException, InterruptedException {
        Optional<PythonPeers> python = TrainingPeers.pytorch(out, options, "distributed.py");
        List<String> modes =
                List.of(options.values().getOrDefault("peers", "eager").split(","));
        for (String mode : modes) {
            if (!List.of("eager", "compile", "none").contains(mode)) {
                throw new IllegalArgumentException(
                        "--peers is " + mode + " but must be eager, compile, both with a comma between them, or none");
            }
        }
        DistributedPeers peers = new DistributedPeers(python, modes, precision);
        Optional<Path> operators = FusedOperators.find(out);
        peers.libraries.put(
                FusedOperators.VARIABLE, operators.map(Path::toString).orElse(""));
        Installation installation = new Installation(Path.of(System.getProperty("alignstream.home", ".")));
        peers.libraries.put(
                CollectiveLibrary.VARIABLE,
                CollectiveLibrary.of(installation)
                        .orElseThrow(() -> new IOException("the library by which workers add up their gradients was not"
                                + " built; run " + installation.collectiveBuild() + " "
                                + installation.collectiveLibrary() + ", which says what is missing"))
                        .toString());
        return peers;
    }

    /** Cores of this machine, which workers are given in turn. */
    int cores() {
        return cores;
    }

    /** Whether each worker stays on its core. */
    boolean pinned() {
        return pinned;
    }

    /** Starts Alignstream's workers. */
    AlignstreamTeam alignstream(TrainingShape shape, Path tokens, Places places, int workers, int shards, Path logs)
            throws IOException {
        AlignstreamTeam team = new AlignstreamTeam(places, shards, shape.batch());
        List<String> program = new ArrayList<>(JavaCommand.of(DistributedWorker.class, 1));
        program.addAll(List.of("--precision", precision.label()));
        return started(team, program, shape, tokens, places, workers, logs);
    }

    /** Starts PyTorch's workers, of each mode that is wanted. */
    List<PytorchTeam> pytorch(TrainingShape shape, Path tokens, Places places, int workers, Path logs)
            throws IOException {
        List<PytorchTeam> teams = new ArrayList<>();
        if (python.isPresent()) {
            for (String mode : modes) {
                if (!mode.equals("none")) {
                    List<String> program = new ArrayList<>(python.get().command());
                    program.addAll(List.of("--mode", mode, "--precision", precision.label(), "--threads", "1"));
                    program.addAll(List.of("--store", places.address(0), "--interface", places.networkInterface()));
                    teams.add(started(new PytorchTeam("ddp-" + mode), program, shape, tokens, places, workers, logs));
                }
            }
        }
        return teams;
    }

    private <T extends Team> T started(
            T team, List<String> program, TrainingShape shape, Path tokens, Places places, int workers, Path logs)
            throws IOException {
        try {
            for (int worker = 0; worker < workers; worker++) {
                List<String> command = new ArrayList<>(places.prefix(worker));
                if (pinned) {
                    command.addAll(List.of(TASKSET.toString(), "-c", Integer.toString(worker % cores)));
                }
                command.addAll(program);
                command.addAll(shape.options());
                command.addAll(List.of("--tokens", tokens.toString()));
                if (team instanceof AlignstreamTeam) {
                    command.addAll(List.of("--address", places.address(worker)));
                }
                String name = team.name() + "-" + worker;
                team.add(new WorkerProcess(name, command, libraries, logs.resolve(name + ".log")));
            }
            return team;
        } catch (IOException e) {
            team.close();
            throw e;
        }
    }
}
