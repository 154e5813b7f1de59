package io.alignstream.local.command.lessons;

import io.alignstream.local.lessons.history.History;
import io.alignstream.local.lessons.learning.Learning;
import io.alignstream.local.lessons.translation.Translation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./alignstream lessons NAME}. */
@Command(
        name = "lessons",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "NAME",
        description = {
            "Learn by small real runs what came before the transformer, how translation began with it, and in which ways"
                    + " machines learn: each trains on this machine, in minutes, and writes a page in English and Chinese."
        },
        commandListHeading = "%nLessons:%n",
        subcommands = {
            LessonsCommand.OfHistory.class,
            LessonsCommand.OfTranslation.class,
            LessonsCommand.OfLearning.class
        })
public final class LessonsCommand {

    /** {@code ./alignstream lessons history}. */
    @Command(
            name = "history",
            mixinStandardHelpOptions = true,
            description = {
                "n-grams, RNN, LSTM, GRU and transformer on the same text.",
                "",
                "Bits a byte against numbers learned and seconds, what each writes, how far back each looks, and what a word"
                        + " up to 100 tokens before still tells each."
            })
    static final class OfHistory implements Callable<Integer> {

        @Mixin
        LessonOptions options = new LessonOptions();

        @Option(
                names = "--text",
                paramLabel = "FILE",
                description = "Running text, whose last tenth is held out. Default: documents of the sample world.")
        @Nullable
        Path text;

        @Option(
                names = "--steps",
                paramLabel = "N",
                defaultValue = "300",
                description = "Steps of each network on the text. Default: 300.")
        int steps;

        @Option(
                names = "--distance-steps",
                paramLabel = "N",
                defaultValue = "1000",
                description = "Steps of each network on the long-distance example. Default: 1000.")
        int distanceSteps;

        @Option(
                names = "--learning-rate",
                paramLabel = "X",
                description =
                        "Peak learning rate of every network. Default: for each kind the one that was best on held-out"
                                + " text.")
        @Nullable
        Double learningRate;

        @Override
        public Integer call() throws IOException, InterruptedException {
            return options.run(
                    "history",
                    seed -> new History(
                            Optional.ofNullable(text),
                            seed,
                            learningRate == null ? OptionalDouble.empty() : OptionalDouble.of(learningRate),
                            steps,
                            distanceSteps));
        }
    }

    /** {@code ./alignstream lessons translation}. */
    @Command(
            name = "translation",
            mixinStandardHelpOptions = true,
            description = {
                "An encoder-decoder with cross-attention says numbers and days in the other language, Chinese or English.",
                "",
                "How much of what it never saw is right, and where it looks while it writes."
            })
    static final class OfTranslation implements Callable<Integer> {

        @Mixin
        LessonOptions options = new LessonOptions();

        @Option(
                names = "--pairs",
                paramLabel = "N",
                defaultValue = "50000",
                description = "Pairs that are made; one in 25 is kept for the test, another for validation."
                        + " Default: 50000.")
        int pairs;

        @Option(names = "--steps", paramLabel = "N", defaultValue = "1500", description = "Steps. Default: 1500.")
        int steps;

        @Option(
                names = "--validation",
                description =
                        "Ask for the pairs of validation, by which settings are chosen, and leave the test alone.")
        boolean validation;

        @Override
        public Integer call() throws IOException, InterruptedException {
            return options.run("translation", seed -> new Translation(seed, pairs, steps, validation));
        }
    }

    /** {@code ./alignstream lessons learning}. */
    @Command(
            name = "learning",
            mixinStandardHelpOptions = true,
            description = {
                "Four ways of learning on the sample world's documents: self-supervised (pretraining), unsupervised (clusters"
                        + " of embeddings), supervised (a classifier on the base model) and semi-supervised (one per cent of"
                        + " the labels, and pseudo-labels)."
            })
    static final class OfLearning implements Callable<Integer> {

        @Mixin
        LessonOptions options = new LessonOptions();

        @Option(
                names = "--steps",
                paramLabel = "N",
                defaultValue = "400",
                description = "Steps of pretraining. Default: 400.")
        int steps;

        @Override
        public Integer call() throws IOException, InterruptedException {
            return options.run("learning", seed -> new Learning(seed, steps));
        }
    }
}
