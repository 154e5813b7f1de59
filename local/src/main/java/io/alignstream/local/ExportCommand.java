package io.alignstream.local;

import io.alignstream.languagemodel.exchange.GgufModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream export DIR --gguf FILE}. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = {
            "Write a checkpoint for other programs.",
            "",
            "A checkpoint is a Hugging Face directory as it is; this makes the file that llama.cpp and what is built"
                    + " on it load, in the precision of the checkpoint."
        })
final class ExportCommand implements Callable<Integer> {

    @Parameters(paramLabel = "DIR", description = "A checkpoint's folder, or any that import takes.")
    Path folder = Path.of("");

    @Option(names = "--gguf", required = true, paramLabel = "FILE", description = "The file to write.")
    Path gguf = Path.of("");

    @Override
    public Integer call() {
        try {
            GgufModel.export(folder, gguf);
        } catch (IOException | IllegalArgumentException e) {
            throw new LaunchException("Cannot export " + folder + ": " + e.getMessage(), e);
        }
        Console.standard().line("wrote " + gguf);
        return 0;
    }
}
