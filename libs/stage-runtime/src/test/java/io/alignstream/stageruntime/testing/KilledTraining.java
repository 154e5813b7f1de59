package io.alignstream.stageruntime.testing;

import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.TrainingRun;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A training run in processes of its own that are killed with signal 9, to be compared with one that nobody disturbs.
 *
 * <p>A child says when it has taken some steps and goes on; the parent kills it a few milliseconds later, wherever it is then:
 * in a step, in a comparison, while it writes a checkpoint.
 */
public final class KilledTraining {

    private static final String READY = "ready";
    /** Between what was measured and the figures. */
    private static final String VALUES = " = ";

    private final Path folder;
    private final Class<? extends Subject> subject;
    private final String argument;

    /** What is trained; has a public constructor without arguments. */
    public interface Subject {

        /** The run in {@code store}. */
        TrainingRun run(CheckpointStore store, String argument) throws IOException;

        /** Its inputs, always the same ones. */
        TrainingLoop.Inputs inputs(String argument) throws IOException;

        /** How it is trained. */
        Trainer.Settings settings(String argument);
    }

    /**
     * Runs of {@code subject} below {@code folder}.
     *
     * @param argument for the subject, for example the name of an algorithm
     */
    public KilledTraining(Path folder, Class<? extends Subject> subject, String argument) {
        this.folder = folder;
        this.subject = subject;
        this.argument = argument;
    }

    /**
     * What a run came to.
     *
     * @param checkpoint of the finished model: its hash is that of weights, figures and all
     * @param log the figures of each step, and of the finished model, as text
     */
    public record Outcome(String checkpoint, Map<String, String> log) {}

    /** Trains to the end in this process. */
    public Outcome finish(String name) throws Exception {
        Reference finished = train(subject, argument, folder.resolve(name), Long.MAX_VALUE, () -> {});
        return new Outcome(finished.sha256(), log(name));
    }

    /**
     * Starts a process that goes on with the run, and kills it.
     *
     * @param random when: after 1 to {@code steps} steps and up to 80 milliseconds
     * @return whether it was killed; false if the run was at its end before
     */
    public boolean kill(String name, Random random, int steps) throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-Dalignstream.torch.threads=" + System.getProperty("alignstream.torch.threads", "2"),
                        "-Dai.djl.offline=true",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath(),
                        KilledTraining.class.getName(),
                        subject.getName(),
                        argument,
                        folder.resolve(name).toString(),
                        Integer.toString(1 + random.nextInt(steps)))
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("errors.txt").toFile()))
                .start();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = output.readLine();
            while (line != null && !line.equals(READY)) {
                line = output.readLine();
            }
            if (line != null) {
                Thread.sleep(random.nextInt(80));
                return process.isAlive();
            }
            if (process.waitFor() != 0) {
                throw new IllegalStateException(Files.readString(folder.resolve("errors.txt")));
            }
            return false;
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /** The child. */
    public static void main(String[] arguments) throws Exception {
        train(
                Class.forName(arguments[0]).asSubclass(Subject.class),
                arguments[1],
                Path.of(arguments[2]),
                Long.parseLong(arguments[3]),
                () -> System.out.println(READY));
        System.exit(0); // the engine's threads would keep it alive
    }

    private static Reference train(
            Class<? extends Subject> subject, String argument, Path folder, long steps, Runnable ready)
            throws Exception {
        Files.createDirectories(folder);
        Path log = folder.resolve("log");
        Subject trained = subject.getConstructor().newInstance();
        try (CheckpointStore store =
                        CheckpointStore.open(folder.resolve("store").toUri(), folder);
                TrainingLoop.Inputs inputs = trained.inputs(argument)) {
            return new Trainer(
                            trained.run(store, argument),
                            inputs,
                            trained.settings(argument),
                            new Writing(log, steps, ready))
                    .train()
                    .orElseThrow()
                    .checkpoint();
        }
    }

    /** The last line of each step; a step that was taken twice had the same figures both times. */
    private Map<String, String> log(String name) throws IOException {
        Map<String, String> log = new TreeMap<>();
        for (String line : Files.readAllLines(folder.resolve(name).resolve("log"))) {
            int values = line.indexOf(VALUES);
            if (values > 0 && line.endsWith("}")) {
                String figures = line.substring(values);
                String before = log.put(line.substring(0, values), figures);
                if (before != null && !before.equals(figures)) {
                    throw new IllegalStateException("taken again: " + line + " instead of " + before);
                }
            }
        }
        return log;
    }

    /** Without the services' logging, which takes longer to start than what is to be killed. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("jboss-logmanager"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Writes the figures of each step, without those that depend on the clock. */
    private static final class Writing implements Monitor {

        private final Path log;
        private final long steps;
        private final Runnable ready;
        private long taken;

        Writing(Path log, long steps, Runnable ready) {
            this.log = log;
            this.steps = steps;
            this.ready = ready;
        }

        @Override
        public boolean stopRequested() {
            return false;
        }

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
            Map<String, Double> steady = new TreeMap<>(figures);
            steady.keySet().removeIf(figure -> figure.endsWith("PerSecond"));
            try {
                // A line of its own, even after one that a kill has cut off.
                Files.writeString(
                        log,
                        "\n" + step + " " + phase + steady.keySet() + VALUES + steady + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (++taken == steps) {
                ready.run();
            }
        }

        @Override
        public void healed(HealingEvent event) {
            throw new IllegalStateException("training went back: " + event);
        }
    }
}
