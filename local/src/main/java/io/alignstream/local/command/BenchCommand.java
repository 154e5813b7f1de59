package io.alignstream.local.command;

import io.alignstream.local.service.ServiceProcesses;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

/** {@code ./alignstream bench NAME}: the door to the module {@code benchmarks/}, which runs in a JVM of its own. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Run a benchmark.",
            "",
            "demo   every stage of the demonstration, from an empty data folder: seconds, tokens or episodes a second,"
                    + " peak memory",
            "tokenizer   training and encoding beside other tokenizers; --text FILE: on a text of yours",
            "pretrain   training steps beside PyTorch's; --text FILE, --depths 4,6,8, --widths 256,512, --python PATH of an"
                    + " interpreter with PyTorch",
            "distributed   several workers with one thread each beside PyTorch's DistributedDataParallel, what shards cost, and"
                    + " predictions for up to 256; --workers 1,2,4, --depths 6, --widths 512, --namespaces MBITS of links"
                    + " between them (root), --parts speed,exchange,shards,simulation, --python PATH",
            "sft   LoRA beside full fine-tuning, and both beside PEFT: speed and memory; --text FILE, --depths 4,8,"
                    + " --widths 256,512, --ranks 16, --python PATH of an interpreter with PEFT",
            "rlhf   an iteration of PPO beside plain PyTorch and TRL, all weights learning and nothing rehearsed: time and memory;"
                    + " --repeats 5, --threads 2, --depth 4, --width 128, --vocabulary 2048, --episodes 64, --minibatch 32,"
                    + " --peers pytorch,trl, --python PATH of an interpreter with TRL",
            "selection   active selection of what people rank beside random: pairs judged right; --seeds 5, --first 200,"
                    + " --more 200, --candidates 4",
            "time-to-loss   wall time to a validation loss beside nanoGPT's setting for CPUs; --text FILE",
            "batches   token batches through a broker: tokens a second and bytes a token",
            "baselines   what the transformer adds: bits per byte beside n-grams, LSTM and GRU; --text FILE --depth N --steps N",
            "depth   the dial: bits per byte for several depths at equal compute; --text FILE --steps N",
            "local-sgd   what it costs in loss at equal tokens beside exact sharing; --text FILE, --depth 2, --steps 400, --seeds 1,2,3,"
                    + " --shards 2,4; tuned by --learning-rates, --inner-steps, --outer-learning-rates and --outer-momenta,"
                    + " several each: with other seeds",
            "data   cleaning: megabytes a second per core; documents a second on one and two instances, state, recovery",
            "startup   how long services take to be ready beside millions of events, and their heap: the first start and a restart;"
                    + " --events 10000000, --stage sft",
            "reaction   how soon an event that is due trains, and an approved model is served; what a burst of events comes to;"
                    + " --repeats 5, --burst 1000, --parts training,serving",
            "algorithms   PPO, GRPO, RLOO and DPO from the models of a demonstration that has run: what the gate measures;"
                    + " --data-dir .alignstream/data, --seeds 5",
            "unknown   what alignstream.sft.unknown.share is good for: right, wrong and withheld answers on known and unknown cities;"
                    + " --seeds 1,2,3, --documents 20000, --steps 600, --shares 0,0.5, --samples 4",
            "canary   whether planted secrets can be drawn out of a base model: exposure by how often they were planted;"
                    + " --seeds 1,2,3, --repeats 1,4,16,64,256, --documents 20000, --steps 600",
            "inference   how fast texts are written, one and many at once, beside llama.cpp and transformers; --models demo,135m,500m,"
                    + " --python PATH of an interpreter with both",
            "overload   ten times as many requests as inference-service can answer, and releases swapped under load;"
                    + " --seconds 30, --layers 8, --width 512",
            "retrieval   questions about towns that are made up, with and without documents on them; --model FILE, --towns 300",
            "pronouns   which heads of a model know what a pronoun stands for; --model FILE",
            "own-model   a model of others from its file to an aligned release, judged by a rule; --model FILE",
            "large-model   a random model of half a billion parameters through every stage, each killed once: its memory"
                    + " beside the plan",
            "greedy-text   answers beside llama.cpp's; --model FILE",
            "seeds   the demonstration with one seed after the other, all reported; --seeds 21-30, --reports FOLDER keeps the"
                    + " reports, and what is there is not run again"
        })
public final class BenchCommand implements Callable<Integer> {

    /** Main class of the module, which this one does not depend on. */
    private static final String PROGRAM = "io.alignstream.benchmarks.Benchmarks";

    /** Benchmarks whose own process trains; the others start workers, which get the environment as it is. */
    private static final Set<String> TRAINS_ITSELF =
            Set.of("algorithms", "baselines", "canary", "depth", "local-sgd", "selection", "unknown");

    @Parameters(paramLabel = "NAME", description = "Which of these benchmarks.")
    String name = "";

    @Option(names = "--json", paramLabel = "FILE", description = "Write the figures as JSON, too.")
    @Nullable
    Path json;

    /** Options of the benchmark itself, which it checks. */
    @Unmatched
    List<String> options = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        Installation installation = Installation.current();
        Path classes = installation.home().resolve("benchmarks/target/classes");
        if (!Files.isDirectory(classes)) {
            throw new LaunchException("benchmarks/ is not built; run ./mvnw -Dquick package.");
        }
        String classPath = Stream.concat(Stream.of(classes), installation.benchmarksClassPath().stream())
                .distinct()
                .map(Path::toString)
                .collect(Collectors.joining(java.io.File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                installation.java().toString(),
                "-Xmx3g", // a corpus of 100 MB and what is learned from it
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dai.djl.offline=true",
                "-Dalignstream.home=" + installation.home(),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp",
                classPath,
                PROGRAM,
                name));
        if (json != null) {
            command.addAll(List.of("--json", json.toAbsolutePath().toString()));
        }
        command.addAll(options);
        ProcessBuilder program = new ProcessBuilder(command).inheritIO();
        if (TRAINS_ITSELF.contains(name)) {
            program.environment().putAll(ServiceProcesses.environment(installation));
        }
        return program.start().waitFor();
    }
}
