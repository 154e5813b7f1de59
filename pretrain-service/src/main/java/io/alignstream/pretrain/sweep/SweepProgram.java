package io.alignstream.pretrain.sweep;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.exchange.AtomicWrite;
import io.alignstream.pretrain.data.PreparedText;
import io.alignstream.training.TrainingFailedException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What {@code ./alignstream sweep} starts: no broker and no service, only the algorithm on texts in memory.
 *
 * <p>Arguments: sweep file, documents as JSON lines, folder for checkpoints and results.
 */
public final class SweepProgram {

    private static final long SECOND = 1_000_000_000;

    private final PrintStream out;
    private final long began = System.nanoTime();
    private long shown = began;

    private SweepProgram(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try {
            new SweepProgram(out).run(Path.of(arguments[0]), Path.of(arguments[1]), Path.of(arguments[2]));
        } catch (IllegalArgumentException e) {
            System.err.println("alignstream: " + arguments[0] + ": " + e.getMessage());
            System.exit(1);
        } catch (IOException | UncheckedIOException | TrainingFailedException e) {
            System.err.println("alignstream: " + e.getMessage());
            System.exit(1);
        }
    }

    private void run(Path sweepFile, Path documents, Path folder) throws IOException {
        SweepFile file = SweepFile.read(sweepFile);
        file.sets().getFirst().forEach((name, value) -> {
            if (name.startsWith("alignstream.torch.")) {
                System.setProperty(name, value); // as the launcher hands it to the services
            }
        });
        RunFile shared = new RunFile(file.sets().getFirst());
        PreparedText text = PreparedText.read(documents, shared.vocabularySize(), shared.sequenceLength());
        if (text.training().isEmpty() || text.validation().isEmpty()) {
            throw new IllegalArgumentException(
                    "the documents give " + text.training().size()
                            + " training and " + text.validation().size()
                            + " validation sequences; both are needed: give more text");
        }
        out.printf(
                Locale.ROOT,
                "%d sets of settings, %,d training and %,d validation sequences of %d tokens%n",
                file.sets().size(),
                text.training().size(),
                text.validation().size(),
                shared.sequenceLength());
        List<Sweep.Trial> ranked;
        // The folder's name holds what the checkpoints depend on besides the settings.
        Path checkpoints =
                folder.resolve("checkpoints-" + text.tokenizer().sha256().substring(0, 12) + "-"
                        + text.training().size() + "-" + text.validation().size());
        try (CheckpointStore store = CheckpointStore.open(checkpoints.toUri(), folder.resolve("cache"))) {
            ranked = new Sweep(file, text, store, checkpoints.resolve("curves"), this::show).run();
        }
        out.println();
        SweepReport.table(ranked).forEach(out::println);
        out.println();
        Path best = folder.resolve("best.properties");
        Files.deleteIfExists(best); // of an earlier sweep
        AtomicWrite.replace(
                folder.resolve("sweep.svg"), unfinished -> Files.writeString(unfinished, SweepReport.plot(ranked)));
        out.println("plot:              " + folder.resolve("sweep.svg"));
        if (ranked.getFirst().failed()) {
            throw new TrainingFailedException(Reason.of("training.sweepFailed"));
        }
        AtomicWrite.create(best, unfinished -> Files.writeString(unfinished, properties(ranked.getFirst().values)));
        out.println("the best settings: " + best + " (for ./alignstream train --run)");
    }

    private void show(int round, int rounds, Sweep.Trial trial, double done) {
        long now = System.nanoTime();
        if (now - shown < 2 * SECOND) {
            return;
        }
        shown = now;
        double seconds = (now - began) / (double) SECOND;
        Duration left = Duration.ofSeconds(Math.round(seconds / Math.max(done, 1e-6) * (1 - done)));
        out.printf(
                Locale.ROOT,
                "%3.0f %%  round %d of %d, %s, step %d; about %d:%02d min left%n",
                100 * done,
                round + 1,
                rounds,
                trial.title,
                trial.step,
                left.toMinutes(),
                left.toSecondsPart());
    }

    private static String properties(Map<String, String> values) {
        return new TreeMap<>(values)
                .entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n")
                        .collect(Collectors.joining());
    }
}
