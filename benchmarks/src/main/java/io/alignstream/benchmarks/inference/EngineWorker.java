package io.alignstream.benchmarks.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.Text;
import io.alignstream.languagemodel.generation.TextRequest;
import io.alignstream.languagemodel.generation.TokenSampler;
import io.alignstream.languagemodel.generation.WeightFormat;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Our engine as a worker: {@code write STREAMS PROMPT ANSWER SEED} on standard input, the times as JSON on standard output;
 * {@code bandwidth} asks how many bytes a second the processor reads from memory.
 */
final class EngineWorker {

    private static final int READ_BYTES = 1 << 29;
    private static final int READINGS = 5;

    private static final TorchProgram READ = new TorchProgram(
            """
              def read(self, x: Tensor) -> Tensor:
                torch.set_grad_enabled(False)
                return torch.max(x)
            """);

    private EngineWorker() {}

    /** Loads the model in the folder that the first argument behind the worker's name names, in the format of the second, with as many speculative tokens as the third says. */
    public static void main(String[] arguments) throws IOException {
        ObjectMapper json = new ObjectMapper();
        PreparedWeights weights;
        try (Transformer network = Transformer.load(Path.of(arguments[1]))) {
            weights = new PreparedWeights(network, WeightFormat.of(arguments[2]));
        }
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println(json.writeValueAsString(Map.of("ready", true)));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            if (line.equals("bandwidth")) {
                System.out.println(json.writeValueAsString(Map.of("bytesPerSecond", bandwidth())));
                continue;
            }
            String[] words = line.split(" ");
            System.out.println(json.writeValueAsString(write(
                    weights,
                    Integer.parseInt(arguments[3]),
                    Integer.parseInt(words[1]),
                    Integer.parseInt(words[2]),
                    Integer.parseInt(words[3]),
                    Long.parseLong(words[4]))));
        }
        weights.close();
    }

    private static Map<String, Object> write(
            PreparedWeights weights, int speculativeTokens, int streams, int prompt, int answer, long seed) {
        int vocabulary = weights.config().vocabularySize();
        SplittableRandom random = new SplittableRandom(seed);
        Map<Text, Double> last = new HashMap<>();
        List<Double> firsts = new ArrayList<>();
        List<Double> gaps = new ArrayList<>();
        long began = System.nanoTime();
        Engine.Capacity plain = Engine.Capacity.of(streams, prompt + answer);
        Engine.Capacity room =
                new Engine.Capacity(plain.texts(), plain.tokens(), plain.promptTokens(), speculativeTokens);
        try (Engine engine = new Engine(weights, vocabulary, room)) {
            began = System.nanoTime();
            for (int i = 0; i < streams; i++) {
                int[] ids = random.ints(prompt, 3, vocabulary).toArray();
                if (engine.start(new TextRequest(ids, answer, TokenSampler.atTemperature(0), () -> 0))
                        .isEmpty()) {
                    throw new IllegalStateException("the room that was made for all texts does not hold them");
                }
            }
            while (engine.active() > 0) {
                List<Engine.Written> written = engine.step();
                double now = (System.nanoTime() - began) / 1e9;
                for (Engine.Written one : written) {
                    Double before = last.put(one.text(), now);
                    if (before == null) {
                        firsts.add(now);
                    } else {
                        gaps.add(now - before);
                    }
                }
            }
        }
        return Map.of("seconds", (System.nanoTime() - began) / 1e9, "firsts", firsts, "gaps", gaps);
    }

    private static double bandwidth() {
        double best = 0;
        try (NDManager scope = TorchRuntime.get().newScope()) {
            NDArray memory = scope.zeros(new Shape(READ_BYTES / Float.BYTES));
            for (int i = 0; i < READINGS; i++) {
                try (NDManager call = scope.newSubManager()) {
                    long began = System.nanoTime();
                    READ.run(call, "read", new NDList(memory))
                            .singletonOrThrow()
                            .toFloatArray();
                    best = Math.max(best, READ_BYTES * 1e9 / (System.nanoTime() - began));
                }
            }
        }
        return best;
    }
}
