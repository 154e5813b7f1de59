package io.alignstream.benchmarks.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.MixedText;
import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.rlhf.RlhfConfig;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.rlhf.training.RlhfInputs;
import io.alignstream.rlhf.training.RlhfSettings;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What every peer of the benchmark of PPO begins with, as files of a folder: networks with random weights in
 * {@code policy/} and {@code reward/}, settings and prompts in {@code run.json}.
 */
final class RlhfRun {

    private static final int VOCABULARY = 2_048;
    private static final int POSITIONS = 128;
    private static final int GENERATED_BYTES = 1 << 20;
    private static final int PROMPTS = 256;
    private static final int LONGEST_PROMPT = 16;
    private static final int[] QUESTION_CHARACTERS = {8, 24};

    private static final String POLICY = "policy";
    private static final String REWARD = "reward";
    private static final ObjectMapper JSON = new ObjectMapper();

    private RlhfRun() {}

    /**
     * How large a run is.
     *
     * @param depth blocks of each of the four networks
     * @param width of their hidden states
     * @param vocabulary tokens
     * @param episodes answers of an iteration
     * @param minibatch answers of a step
     */
    record Size(int depth, int width, int vocabulary, int episodes, int minibatch) {

        /** The demo's, but for what the options of the command say. */
        static Size of(BenchmarkOptions options) {
            RlhfSettings.Batches batches = RlhfRun.settings(Map.of()).batches();
            return new Size(
                    options.number("depth", 4),
                    options.number("width", 128),
                    options.number("vocabulary", VOCABULARY),
                    options.number("episodes", batches.episodes()),
                    options.number("minibatch", batches.minibatchEpisodes()));
        }

        Size {
            if (episodes > PROMPTS || episodes % minibatch != 0) {
                throw new IllegalArgumentException("--episodes is " + episodes + " but must be " + PROMPTS
                        + " at most and a multiple of --minibatch, which is " + minibatch);
            }
        }

        RlhfSettings settings() {
            return RlhfRun.settings(Map.of(
                    "alignstream.rlhf.training.batch-episodes", Integer.toString(episodes),
                    "alignstream.rlhf.training.minibatch-episodes", Integer.toString(minibatch)));
        }
    }

    /**
     * The demo's settings, but for rates that stay as they are at the start, a critic that needs no warm-up, and a policy
     * that learns as a whole and rehearses nothing: the peers know neither of the two.
     */
    private static RlhfSettings settings(Map<String, String> more) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withDefaultValues(more)
                .withMapping(RlhfConfig.class)
                .withDefaultValue("alignstream.rlhf.training.iterations", "1000000000")
                .withDefaultValue("alignstream.rlhf.training.critic-warm-up", "0")
                .withDefaultValue("alignstream.rlhf.training.kl.horizon", "0")
                .withDefaultValue("alignstream.rlhf.training.trainable-share", "1")
                .withDefaultValue("alignstream.rlhf.rehearsal.conversations", "0")
                .build()
                .getConfigMapping(RlhfConfig.class)
                .settings();
    }

    /** Writes all of it. */
    static TransformerConfig write(Path folder, Size size) throws IOException {
        List<String> documents = new MixedText(1).documents(GENERATED_BYTES);
        Tokenizer tokenizer = new BpeTrainer(size.vocabulary())
                .train(Stream.concat(documents.stream(), randomWords(size.vocabulary())));
        TransformerConfig network =
                TransformerConfig.of(tokenizer.vocabularySize(), size.depth(), size.width(), POSITIONS);
        try (Transformer policy = Transformer.initialise(network, 1);
                Transformer reward = Transformer.initialise(network, 2)) {
            reward.addHead(3);
            write(folder.resolve(POLICY), tokenizer, network, policy.tensors());
            write(folder.resolve(REWARD), tokenizer, network, reward.views());
        }
        RlhfSettings settings = size.settings();
        Map<String, Object> run = new TreeMap<>();
        run.put("size", size);
        run.put("prompts", prompts(tokenizer, documents));
        run.put("end", tokenizer.endOfTurn());
        run.put("pad", tokenizer.pad());
        run.put("episodes", settings.batches().episodes());
        run.put("minibatch", settings.batches().minibatchEpisodes());
        run.put("epochs", settings.batches().epochs());
        run.put("answerTokens", settings.sampling().maxAnswerTokens());
        run.put("temperature", settings.sampling().temperature());
        run.put("policyLearningRate", settings.learningRates().policy());
        run.put("criticLearningRate", settings.learningRates().critic());
        run.put("klCoefficient", settings.kl().coefficient());
        run.put("gamma", settings.gamma());
        run.put("lambda", settings.lambda());
        run.put("clip", settings.clipping().ratio());
        run.put("valueClip", settings.clipping().value());
        run.put("scoreClip", settings.clipping().score());
        run.put("valueCoefficient", settings.valueCoefficient());
        run.put("missingEndPenalty", settings.missingEndPenalty());
        JSON.writeValue(folder.resolve("run.json").toFile(), run);
        return network;
    }

    /** What a large vocabulary's rarer tokens come of: the text has words for a few thousand only. */
    private static Stream<String> randomWords(int vocabulary) {
        SplittableRandom random = SeededRandom.of(1, "words", 0);
        return Stream.generate(() -> random.ints(8, 'a', 'z' + 1)
                        .mapToObj(Character::toString)
                        .collect(Collectors.joining()))
                .limit(vocabulary > VOCABULARY ? 20L * vocabulary : 0);
    }

    private static void write(Path folder, Tokenizer tokenizer, TransformerConfig network, Map<String, Tensor> weights)
            throws IOException {
        Files.createDirectories(folder);
        network.save(folder, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
        tokenizer.save(folder);
        Safetensors.write(folder.resolve(ModelWeights.FILE), weights, Map.of());
    }

    /** As long as the demo's questions. */
    private static List<int[]> prompts(Tokenizer tokenizer, List<String> documents) {
        List<int[]> prompts = documents.stream()
                .map(String::strip)
                .filter(document -> document.length() > QUESTION_CHARACTERS[1])
                .map(document -> document.substring(
                        0,
                        QUESTION_CHARACTERS[0] + document.length() % (QUESTION_CHARACTERS[1] - QUESTION_CHARACTERS[0])))
                .map(question -> ChatTemplate.prompt(tokenizer, List.of(Message.user(question))))
                .filter(prompt -> prompt.length <= LONGEST_PROMPT)
                .limit(PROMPTS)
                .toList();
        if (prompts.size() < PROMPTS) {
            throw new IllegalStateException("the text gives " + prompts.size() + " prompts, not " + PROMPTS);
        }
        return prompts;
    }

    /** The same as Alignstream's loop takes it; without prompts to compare on. */
    static RlhfInputs inputs(Path folder) throws IOException {
        JsonNode run = JSON.readTree(folder.resolve("run.json").toFile());
        RlhfSettings settings = JSON.convertValue(run.path("size"), Size.class).settings();
        Tokenizer tokenizer = Tokenizer.load(folder.resolve(POLICY));
        Transformer sft = Transformer.load(folder.resolve(POLICY));
        RewardModel reward = RewardModel.load(folder.resolve(REWARD));
        HeldOutComparison.Judges judges = new HeldOutComparison.Judges(reward, reward);
        return new RlhfInputs(
                settings,
                sft,
                judges,
                tokenizer,
                List.of(JSON.convertValue(run.path("prompts"), int[][].class)),
                List.of(),
                OwnWriting.NONE,
                tokenizer.endOfTurn(),
                new HeldOutComparison(
                        settings.seed(), sft, judges, sampler(settings, tokenizer), List.of(), OwnWriting.NONE));
    }

    /** How answers are sampled. */
    static AnswerSampler sampler(RlhfSettings settings, Tokenizer tokenizer) {
        return new AnswerSampler(
                settings.sampling().temperature(), settings.sampling().maxAnswerTokens(), tokenizer.endOfTurn());
    }
}
