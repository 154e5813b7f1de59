package io.alignstream.local.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Stage;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.service.StageProgram;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream sweep FILE}: the door to the sweep of pretrain-service, which runs in a JVM of its own. */
@Command(
        name = "sweep",
        mixinStandardHelpOptions = true,
        description = {
            "Try several settings for pretraining and report the best.",
            "",
            "FILE is a run file (see runs/) in which values may be lists: alignstream.pretrain.learning-rate=0.001,0.01"
                    + " and every combination is tried. All of them train for a share of their steps, the better half"
                    + " (sweep.keep=0.5) goes on, until one has trained to the end; they are compared on held-out text,"
                    + " the end of each text file (documents.validation-last=0.1) or a tenth of the documents. Needs no"
                    + " broker and no service. The same command continues a sweep that was interrupted.",
        })
public final class SweepCommand implements Callable<Integer> {

    /** Main class of the service's module, which this one does not depend on. */
    private static final String PROGRAM = "io.alignstream.pretrain.sweep.SweepProgram";

    private static final long SAMPLE_SEED = 1;

    @Parameters(paramLabel = "FILE", description = "What to try.")
    Path file = Path.of("");

    @Option(
            names = "--documents",
            arity = "1..*",
            paramLabel = "DIR_OR_FILE",
            description = "Texts to train on, as of train. Default: the sample world's.")
    List<Path> documents = List.of();

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Where checkpoints and results go. Default: .alignstream/sweeps/NAME.")
    @Nullable
    Path output;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!Files.isRegularFile(file)) {
            throw new LaunchException("There is no sweep file " + file + ".");
        }
        Installation installation = Installation.current();
        Path folder = output == null
                ? installation
                        .cache()
                        .resolve("sweeps")
                        .resolve(String.valueOf(file.getFileName()).replace(".properties", ""))
                : output;
        Files.createDirectories(folder);
        Path texts = folder.resolve("documents.jsonl");
        write(texts);
        return new StageProgram(Stage.PRETRAIN, PROGRAM, "1g")
                .run(installation, List.of(file.toString(), texts.toString(), folder.toString()));
    }

    private void write(Path texts) throws IOException {
        ObjectMapper json = new ObjectMapper();
        try (Writer writer = Files.newBufferedWriter(texts)) {
            read(document -> {
                ObjectNode line = json.createObjectNode().put("text", document.text());
                document.labels().forEach(line.putObject("labels")::put);
                try {
                    writer.write(line + "\n");
                } catch (IOException e) {
                    throw new UncheckedIOException("cannot write " + texts + ": " + e.getMessage(), e);
                }
            });
        }
    }

    private void read(Consumer<Document> consumer) {
        if (documents.isEmpty()) {
            new WorldGenerator(World.load(), SAMPLE_SEED)
                    .documents(WorldGenerator.DOCUMENTS)
                    .forEachOrdered(consumer);
        } else {
            DocumentSource source = DocumentSource.of(documents).heldOut(RunOptions.heldOut(file));
            source.validate();
            source.report().lines().forEach(Console.standard()::line);
            source.forEach(consumer);
        }
    }
}
