package io.alignstream.benchmarks.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.rlhf.training.PolicyLoop;
import io.alignstream.rlhf.training.RlhfInputs;
import io.alignstream.rlhf.training.RlhfSettings;
import io.alignstream.training.Recovery;
import io.alignstream.training.TrainingLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Alignstream's side of the benchmark of PPO: rlhf-service's own loop obeys the same lines as {@code peers/ppo.py}. */
final class AlignstreamAligner {

    /** Iterations of a check; only from the second on does the policy differ from the SFT model. */
    private static final int CHECKED = 2;

    private final Path folder;
    private final RlhfInputs inputs;
    private final RlhfSettings.Batches batches;
    private final PolicyLoop loop;
    private SequencedMap<String, Double> last = new TreeMap<>();

    private AlignstreamAligner(BenchmarkOptions options) throws IOException {
        folder = options.path("folder").orElseThrow();
        inputs = RlhfRun.inputs(folder);
        batches = inputs.settings().batches();
        loop = inputs.begin(Recovery.NONE);
    }

    /** Runs until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        AlignstreamAligner aligner = new AlignstreamAligner(BenchmarkOptions.parse(arguments));
        AlignstreamTrainer.serve(aligner::answer);
    }

    private Map<String, Object> answer(String line) {
        if (line.equals("sizes")) {
            return Map.of("endRate", last.getOrDefault("endRate", Double.NaN));
        }
        if (line.equals("check")) {
            try {
                return Map.of("figures", check());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        if (line.startsWith("steps ")) {
            long tokens =
                    (long) batches.episodes() * inputs.settings().sampling().maxAnswerTokens();
            return AlignstreamTrainer.take(
                    Integer.parseInt(line.substring("steps ".length())), tokens, () -> step("loss/policy_avg"));
        }
        throw new IllegalArgumentException("unknown command: " + line);
    }

    private double step(String figure) {
        TrainingLoop.Step step = loop.step();
        if (step.trouble().isPresent()) {
            throw new IllegalStateException(
                    "an iteration failed: " + step.trouble().get());
        }
        last = step.figures();
        return last.getOrDefault(figure, Double.NaN);
    }

    /** The first iterations' figures; writes their answers, which a peer is to learn from, too. */
    private List<Map<String, Double>> check() throws IOException {
        List<Map<String, Object>> episodes = new ArrayList<>();
        List<Map<String, Double>> figures = new ArrayList<>();
        for (int iteration = 0; iteration < CHECKED; iteration++) {
            episodes.add(episodes(iteration));
            step("loss/policy_avg");
            figures.add(last);
        }
        new ObjectMapper().writeValue(folder.resolve("episodes.json").toFile(), episodes);
        return figures;
    }

    /** What the loop is about to sample: the loop's answers are a function of the seed, the iteration and the policy. */
    private Map<String, Object> episodes(int iteration) throws IOException {
        long seed = inputs.settings().seed();
        List<int[]> all = inputs.prompts();
        int[] order = SeededRandom.permutation(all.size(), SeededRandom.of(seed, "prompts", 0));
        List<int[]> asked = IntStream.range(iteration * batches.episodes(), (iteration + 1) * batches.episodes())
                .mapToObj(turn -> all.get(order[turn]))
                .toList();
        List<AnswerSampler.Answer> answers;
        try (Transformer policy =
                Transformer.of(inputs.sft().config(), loop.model().weights(), "the policy")) {
            answers = RlhfRun.sampler(inputs.settings(), inputs.tokenizer())
                    .sample(policy, asked, SeededRandom.of(seed, "rollout", iteration));
        }
        int minibatches = batches.episodes() / batches.minibatchEpisodes();
        long before = (long) iteration * batches.epochs();
        return Map.of(
                "rows",
                IntStream.range(0, asked.size())
                        .mapToObj(b -> answers.get(b).after(asked.get(b)))
                        .toList(),
                "promptLengths",
                asked.stream().mapToInt(prompt -> prompt.length).toArray(),
                "orders",
                IntStream.range(0, batches.epochs())
                        .mapToObj(epoch -> SeededRandom.permutation(
                                minibatches, SeededRandom.of(seed, "minibatches", before + epoch)))
                        .toList());
    }
}
