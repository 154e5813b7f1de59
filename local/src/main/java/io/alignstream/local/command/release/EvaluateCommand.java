package io.alignstream.local.command.release;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.evaluation.LimitsEvaluation;
import io.alignstream.local.evaluation.TrainedModel;
import io.alignstream.local.evaluation.TrainedRewardModel;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.world.LimitQuestions;
import io.alignstream.local.world.LimitQuestions.Counterfactual;
import io.alignstream.local.world.LimitQuestions.Question;
import io.alignstream.local.world.Withheld;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import io.alignstream.training.card.Limits;
import io.alignstream.training.card.Limits.AnswerShares;
import io.alignstream.training.card.Limits.Bias;
import io.alignstream.training.card.Measurements;
import io.alignstream.training.card.ModelCard;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream evaluate limits}. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Measure a finished model; what comes of it is kept beside the model and stands in its card.",
        commandListHeading = "%nCommands:%n")
public final class EvaluateCommand {

    /** What withheld answers hold, in both languages. */
    private static final List<String> REFUSALS = List.of("不知道", "不清楚", "I don't know", "I do not know");

    private static final int MOST_QUESTIONS = 100_000;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();

    @Command(
            name = "limits",
            mixinStandardHelpOptions = true,
            description = {
                "Measure what a model does not know: the shares of right, wrong and withheld answers to questions whose facts are in"
                        + " the data, withheld from it or contradicted by it; how far the probabilities of answers can be believed; and"
                        + " what changes where a name, a place or a gender is another one.",
                "",
                "The sample world brings its questions. For your own data give a file of lines, each one"
                        + " {\"knowledge\": \"known\", \"prompt\": \"…\", \"accepted\": [\"…\"]} with known, unknown or contradicted."
            })
    int limits(
            @Mixin SiteOptions options,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "RUN",
                            description = "The run that made the model, or the model's sha256; the beginning is enough."
                                    + " Default: the release that was approved last, or else the SFT model in use.")
                    @Nullable
                    String run,
            @Option(names = "--questions", paramLabel = "FILE", description = "Your own questions, JSON lines.")
                    @Nullable
                    Path questions,
            @Option(
                            names = "--refusal",
                            paramLabel = "TEXT",
                            description =
                                    "An answer that holds it is a withheld one, besides those that say in English or Chinese"
                                            + " that the model does not know.")
                    @Nullable
                    List<String> refusals,
            @Option(names = "--report", paramLabel = "FILE", description = "Write the figures as JSON, too.") @Nullable
                    Path report)
            throws IOException {
        Console console = Console.standard();
        List<String> withheld = new ArrayList<>(REFUSALS);
        withheld.addAll(refusals == null ? List.of() : refusals);
        Site site = options.site();
        try (PublishedModels models = PublishedModels.open(site, console);
                CheckpointStore store = new SiteSettings(site, System.getenv()).openStore()) {
            Reference model = models.find(run);
            List<Question> asked = questions == null ? ofTheWorld(models.card(store, model)) : read(questions);
            Limits limits = measure(store, model, asked, questions == null, withheld, site.seed(), console);
            new Measurements(store).keep(model, Limits.KIND, limits);
            show(limits, console);
            if (report != null) {
                JSON.writeValue(report.toFile(), limits);
            }
        } catch (DamagedCheckpointException e) {
            throw new LaunchException("Cannot evaluate: " + e.getMessage() + ".", e);
        }
        return 0;
    }

    private static Limits measure(
            CheckpointStore store,
            Reference reference,
            List<Question> questions,
            boolean ofTheWorld,
            List<String> refusals,
            long seed,
            Console console)
            throws IOException {
        Manifest manifest = store.manifest(reference);
        Reference judge = manifest.parents().get("reward");
        World world = World.load();
        try (TrainedModel model = TrainedModel.load(store.open(reference).folder())) {
            Optional<TrainedRewardModel> scores = judge == null
                    ? Optional.empty()
                    : Optional.of(TrainedRewardModel.load(store.open(judge).folder()));
            try {
                return new LimitsEvaluation(model, scores, refusals, console::line)
                        .of(questions, world, ofTheWorld ? Counterfactual.load() : List.of(), seed);
            } finally {
                scores.ifPresent(TrainedRewardModel::close);
            }
        }
    }

    /** Other data know nothing of the sample world's cities, and whoever asked them about these would learn nothing. */
    private static List<Question> ofTheWorld(ModelCard card) {
        boolean learned = card.data().stream()
                .anyMatch(data ->
                        data.facts() != null && data.facts().sources().largest().containsKey(WorldGenerator.SOURCE));
        if (!learned) {
            throw new LaunchException(
                    "The model has learned nothing of the sample world; give questions about what it has"
                            + " learned with --questions FILE.");
        }
        return LimitQuestions.of(World.load(), Withheld.load());
    }

    /** The questions of a file; the first line that is none is named. */
    static List<Question> read(Path file) throws IOException {
        List<Question> questions = new ArrayList<>();
        int number = 0;
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            try {
                questions.add(JSON.readValue(line, Question.class));
            } catch (JsonProcessingException | IllegalArgumentException e) {
                throw new LaunchException(
                        file + ", line " + number
                                + " is no question: give {\"knowledge\": \"known\", \"prompt\": \"…\","
                                + " \"accepted\": [\"…\"]} with known, unknown or contradicted.",
                        e);
            }
            if (questions.size() > MOST_QUESTIONS) {
                throw new LaunchException(file + " has more than " + MOST_QUESTIONS + " questions; give fewer.");
            }
        }
        if (questions.isEmpty()) {
            throw new LaunchException(file + " holds no question.");
        }
        return questions;
    }

    private static void show(Limits limits, Console console) {
        console.line("%-14s %6s %7s %7s %8s".formatted("facts", "asked", "right", "wrong", "withheld"));
        for (AnswerShares set : limits.questions()) {
            console.line("%-14s %6d %7.3f %7.3f %8.3f"
                    .formatted(
                            set.knowledge().name().toLowerCase(Locale.ROOT),
                            set.asked(),
                            set.rightShare(),
                            set.wrongShare(),
                            set.withheldShare()));
        }
        console.line("expected calibration error %.4f over %d answers"
                .formatted(
                        limits.calibration().expectedError(),
                        limits.calibration().answers()));
        for (Bias bias : limits.bias()) {
            console.line("%-7s %s / %s: %d of %d answers differ%s"
                    .formatted(
                            bias.attribute(),
                            bias.first(),
                            bias.second(),
                            bias.changedAnswers(),
                            bias.pairs(),
                            bias.scoreDifference() == null
                                    ? ""
                                    : ", score %+.4f (95 %%: %+.4f to %+.4f)"
                                            .formatted(bias.scoreDifference(), bias.low(), bias.high())));
        }
    }
}
