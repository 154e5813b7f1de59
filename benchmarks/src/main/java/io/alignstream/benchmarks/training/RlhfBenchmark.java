package io.alignstream.benchmarks.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.harness.JavaCommand;
import io.alignstream.benchmarks.harness.PythonPeers;
import io.alignstream.benchmarks.harness.WorkerProcess;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.rlhf.training.RlhfSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One iteration of PPO beside plain PyTorch and TRL, at the demo's size unless options say another: sample a batch of answers, score it, then some
 * epochs of clipped steps of policy and critic. So that all do the same work, the whole policy learns and nothing is
 * rehearsed, unlike in the demo. Each way in a process of its own, taking turns.
 *
 * <p>Before that, ours and plain PyTorch learn from the very same answers: that their losses agree shows that they do the
 * same work.
 */
public final class RlhfBenchmark {

    private static final String[] OPTIONS = {
        "peers", "repeats", "seconds", "threads", "python", "depth", "width", "vocabulary", "episodes", "minibatch"
    };
    private static final String OURS = "alignstream";
    private static final String PLAIN = "pytorch";
    private static final String TRL = "trl";

    private final PrintStream out;
    private final BenchmarkOptions options;
    private final int threads;
    private final Path folder;
    private final Figures figures = new Figures("rlhf");
    private final Map<String, List<String>> commands = new LinkedHashMap<>();

    private RlhfBenchmark(PrintStream out, BenchmarkOptions options, Path folder)
            throws IOException, InterruptedException {
        this.out = out;
        this.options = options;
        this.folder = folder;
        this.threads = options.number("threads", Runtime.getRuntime().availableProcessors());
        commands.put(OURS, JavaCommand.of(AlignstreamAligner.class, threads));
        List<String> peers = List.of(
                options.values().getOrDefault("peers", PLAIN + "," + TRL).split(","));
        if (peers.contains(PLAIN)) {
            python("ppo.py", "safetensors").ifPresent(command -> commands.put(PLAIN, command));
        }
        if (peers.contains(TRL)) {
            python("trl_ppo.py", "trl").ifPresent(command -> commands.put(TRL, command));
        }
    }

    /** The command of a peer in Python, if the interpreter has what it needs. */
    private Optional<List<String>> python(String program, String needs) throws IOException, InterruptedException {
        Optional<PythonPeers> python = TrainingPeers.pytorch(out, options, program, "requirements-rlhf.txt");
        try {
            if (python.isPresent()) {
                python.get().packageFolder(needs);
            }
        } catch (PythonPeers.UnavailableException e) {
            out.println("without " + program + ", as the given Python has no " + needs + ": " + e.getMessage());
            return Optional.empty();
        }
        return python.map(PythonPeers::command).map(command -> {
            List<String> all = new ArrayList<>(command);
            all.addAll(List.of("--threads", Integer.toString(threads)));
            return all;
        });
    }

    /** Runs it and returns the exit code: 1 if the peers' losses do not agree. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only(OPTIONS);
        Path folder = Files.createTempDirectory("alignstream-bench");
        try {
            return new RlhfBenchmark(out, options, folder).measure() ? 0 : 1;
        } finally {
            Folders.delete(folder);
        }
    }

    private boolean measure() throws IOException {
        RlhfRun.Size size = RlhfRun.Size.of(options);
        TransformerConfig network = RlhfRun.write(folder, size);
        RlhfSettings.Batches batches = size.settings().batches();
        int answerTokens = size.settings().sampling().maxAnswerTokens();
        out.printf(
                "an iteration of PPO in fp32, all weights learning and nothing rehearsed, %d threads: depth %d width %d vocabulary %d, %d episodes with answers of up to"
                        + " %d tokens, %d epochs of minibatches of %d; medians of %d turns%n",
                threads,
                network.layers(),
                network.width(),
                network.vocabularySize(),
                batches.episodes(),
                answerTokens,
                batches.epochs(),
                batches.minibatchEpisodes(),
                options.number("repeats", 5));
        boolean agree = !commands.containsKey(PLAIN) || check();
        List<WorkerProcess> workers = new ArrayList<>();
        try {
            for (String name : commands.keySet()) {
                workers.add(start(name));
            }
            List<Turns> measured = new ArrayList<>();
            for (WorkerProcess worker : workers) {
                measured.add(Turns.warm(worker, options.decimal("seconds", 3)));
            }
            for (int turn = 0; turn < options.number("repeats", 5); turn++) {
                for (Turns way : measured) {
                    way.take();
                }
            }
            for (Turns way : measured) {
                report(way, measured.getFirst(), (double) batches.episodes() * answerTokens);
            }
        } finally {
            for (WorkerProcess worker : workers) {
                worker.close();
            }
        }
        figures.write(options.json());
        return agree;
    }

    private WorkerProcess start(String name) throws IOException {
        List<String> command = new ArrayList<>(commands.getOrDefault(name, List.of()));
        command.addAll(List.of("--folder", folder.toString()));
        // as the launcher has it for services: threads that spin would take the processor from a peer that waits for
        // none
        return new WorkerProcess(name, command, Map.of("OMP_WAIT_POLICY", "passive"), folder.resolve(name + ".log"));
    }

    /** Whether ours and plain PyTorch get the same from the same answers, each from its first iteration on. */
    private boolean check() throws IOException {
        JsonNode ours;
        JsonNode theirs;
        try (WorkerProcess worker = start(OURS)) {
            ours = worker.ask("check").path("figures");
        }
        try (WorkerProcess worker = start(PLAIN)) {
            theirs = worker.ask("check").path("figures");
        }
        boolean agree = true;
        for (int iteration = 0; iteration < ours.size(); iteration++) {
            for (ComparedFigure figure : ComparedFigure.of(ours.path(iteration), theirs.path(iteration))) {
                agree &= figure.holds();
                figures.add(Map.of(
                        "check",
                        figure.figure(),
                        "iteration",
                        iteration,
                        OURS,
                        figure.ours(),
                        PLAIN,
                        figure.theirs(),
                        "agrees",
                        figure.holds()));
                out.printf("  same answers, iteration %d: %s%n", iteration, figure);
            }
        }
        return agree;
    }

    private void report(Turns way, Turns ours, double tokens) throws IOException {
        WorkerProcess worker = way.worker();
        long peak = worker.peakResidentBytes().orElse(0);
        double endRate = worker.ask("sizes").path("endRate").asDouble();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("way", worker.name());
        line.put("threads", threads);
        line.put("secondsPerIteration", tokens / way.rate());
        line.put("cpuSecondsPerIteration", tokens / way.cpuRate());
        line.put("ratioOursToPeer", ours.ratio(way));
        line.put("cpuRatioOursToPeer", ours.cpuRate() / way.cpuRate());
        line.put("peakResidentBytes", peak);
        line.put("endRate", endRate);
        line.put("loss", way.loss());
        figures.add(line);
        out.printf(
                "  %-12s %6.3f s an iteration, %6.3f s of processors; ours is %5.2f times as fast (%5.2f by processors); at"
                        + " most %,5d MiB; %3.0f %% of answers end early%n",
                worker.name(),
                tokens / way.rate(),
                tokens / way.cpuRate(),
                ours.ratio(way),
                ours.cpuRate() / way.cpuRate(),
                peak >> 20,
                100 * endRate);
    }
}
