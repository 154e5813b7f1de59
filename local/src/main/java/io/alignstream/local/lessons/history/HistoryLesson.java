package io.alignstream.local.lessons.history;

import io.alignstream.languagemodel.optimiser.LinearSchedule;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.lessons.model.LanguageModel;
import io.alignstream.lessons.model.LearningModel;
import io.alignstream.lessons.ngram.KneserNey;
import io.alignstream.local.lessons.run.Clock;
import io.alignstream.local.lessons.run.LessonProgress;
import io.alignstream.local.lessons.run.LessonText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What came before the transformer: n-grams, RNN, LSTM and GRU learn the same rows of the same text as it, in the same order, and
 * are measured alike.
 *
 * <p>Fair means: the same tokens, the same steps of the same AdamW, about as many weights. N-grams read the whole text once, and
 * have as many numbers as they counted different n-grams.
 */
final class HistoryLesson {

    private static final int ROWS = 16;
    /** Of all steps, those in which the learning rate rises. */
    private static final double WARM_UP = 0.05;

    private static final List<Integer> ORDERS = List.of(2, 3, 5);
    private static final List<Integer> CONTEXTS = List.of(1, 2, 4, 8, 16, 32, 64, 128);
    private static final int PROMPT_TOKENS = 4;
    /** Of a document, more than enough for its first tokens. */
    private static final int PROMPT_CHARACTERS = 200;

    private static final double TEMPERATURE = 0.7;
    private static final List<Integer> FARTHEST = List.of(10, 20, 30, 40, 50, 60, 70, 80, 90, 100);

    private final Settings settings;
    private final LessonProgress progress;
    private final TokenRows rows;
    private final String textName;
    private final int[] prompt;
    private final int[] places;

    /**
     * How much is computed.
     *
     * @param sizes of the networks, the smallest first
     * @param learningRate peak of every network; empty takes each kind's own
     * @param steps of each network on the text
     * @param distanceSteps of each network on the long-distance example
     * @param places where contexts of several lengths are tried
     * @param questions of the long-distance example
     * @param written tokens after the prompt
     */
    record Settings(
            long seed,
            List<Contender.Size> sizes,
            OptionalDouble learningRate,
            int steps,
            int distanceSteps,
            int places,
            int questions,
            int written) {

        Settings {
            sizes = List.copyOf(sizes);
        }

        double learningRate(Contender contender) {
            return learningRate.orElse(contender.learningRate());
        }

        /** What the lesson takes. */
        static Settings lesson(long seed, OptionalDouble learningRate, int steps, int distanceSteps) {
            return new Settings(
                    seed,
                    List.of(new Contender.Size("small", 2, 64), new Contender.Size("large", 3, 96)),
                    learningRate,
                    steps,
                    distanceSteps,
                    300,
                    600,
                    48);
        }
    }

    HistoryLesson(Settings settings, LessonText text, String textName, LessonProgress progress) {
        this.settings = settings;
        this.progress = progress;
        this.textName = textName;
        this.rows = TokenRows.of(text);
        this.prompt = prompt(rows.tokenizer(), text.validation());
        this.places = rows.places(settings.places, CONTEXTS.getLast(), settings.seed);
    }

    /** The beginning of the first unseen document that begins with a letter and is long enough to be continued. */
    private static int[] prompt(Tokenizer tokenizer, List<String> documents) {
        return documents.stream()
                .filter(document -> !document.isEmpty() && Character.isLetter(document.codePointAt(0)))
                .map(document ->
                        tokenizer.encode(document.substring(0, Math.min(document.length(), PROMPT_CHARACTERS))))
                .filter(ids -> ids.length > PROMPT_TOKENS)
                .map(ids -> Arrays.copyOf(ids, PROMPT_TOKENS))
                .findFirst()
                .orElseGet(() -> tokenizer.encode("a"));
    }

    /** Runs it; two runs with equal settings differ in their seconds only. */
    HistoryResult run() {
        int kinds = Contender.values().length;
        progress.parts(ORDERS.size() + kinds * settings.sizes.size() + 1 + kinds);
        List<HistoryResult.Row> models = new ArrayList<>();
        for (int order : ORDERS) {
            models.add(ngram(order));
        }
        List<List<int[]>> batches = TokenRows.batches(rows.training(), settings.steps, ROWS, settings.seed);
        for (Contender contender : Contender.values()) {
            settings.sizes.forEach(size -> models.add(network(contender, size, batches)));
        }
        HistoryResult.Setting setting = new HistoryResult.Setting(
                textName,
                settings.seed,
                rows.tokenizer().vocabularySize(),
                (long) rows.training().size() * TokenRows.LENGTH,
                (long) rows.validation().size() * (TokenRows.LENGTH - 1),
                settings.steps,
                (long) settings.steps * ROWS * (TokenRows.LENGTH - 1),
                Arrays.stream(Contender.values())
                        .map(contender -> contender + " " + settings.learningRate(contender))
                        .collect(Collectors.joining(", ")),
                rows.tokenizer().decode(prompt));
        return new HistoryResult(setting, models, longDistance());
    }

    private HistoryResult.Row ngram(int order) {
        progress.begin("n-gram, order " + order);
        Clock clock = new Clock();
        KneserNey grams = new KneserNey(order, rows.tokenizer().vocabularySize()).train(rows.training());
        HistoryResult.Row row =
                measured("n-gram", Integer.toString(order), grams, clock.seconds(), clock.processorSeconds(), "");
        progress.at(1, 1, String.format(Locale.ROOT, "%.3f bits a byte", row.bitsPerByte()));
        return row;
    }

    private HistoryResult.Row network(Contender contender, Contender.Size size, List<List<int[]>> batches) {
        progress.begin(contender + ", " + size.name());
        int vocabulary = rows.tokenizer().vocabularySize();
        try (LearningModel network = contender.network(size, vocabulary, TokenRows.LENGTH, settings.seed)) {
            Clock clock = new Clock();
            train(network, contender, batches);
            return measured(
                    contender.name().toLowerCase(Locale.ROOT),
                    size.name(),
                    network,
                    clock.seconds(),
                    clock.processorSeconds(),
                    network.sha256());
        }
    }

    private void train(LearningModel network, Contender contender, List<List<int[]>> batches) {
        LinearSchedule schedule = new LinearSchedule(settings.learningRate(contender), WARM_UP);
        for (int step = 0; step < batches.size(); step++) {
            double loss = network.step(batches.get(step), schedule.learningRate(step, batches.size()));
            progress.at(step + 1, batches.size(), String.format(Locale.ROOT, "loss %.3f", loss));
        }
    }

    private HistoryResult.Row measured(
            String kind, String size, LanguageModel model, double seconds, double processorSeconds, String sha256) {
        double nats = 0;
        for (float[] row : model.logProbabilities(rows.validation())) {
            for (float log : row) {
                nats -= log;
            }
        }
        List<HistoryResult.Context> byContext = CONTEXTS.stream()
                .map(context -> new HistoryResult.Context(context, lossAfter(model, context)))
                .toList();
        return new HistoryResult.Row(
                kind,
                size,
                model.parameters(),
                nats / Math.log(2) / rows.validationBytes(),
                seconds,
                processorSeconds,
                byContext,
                written(model),
                sha256);
    }

    /** Mean loss in nats of the tokens at all places, of each of which only the last {@code context} tokens are shown. */
    private double lossAfter(LanguageModel model, int context) {
        List<int[]> shown = Arrays.stream(places)
                .mapToObj(place -> Arrays.copyOfRange(rows.held(), place - context, place + 1))
                .toList();
        float[][] logs = model.logProbabilities(shown);
        return -Arrays.stream(logs)
                .mapToDouble(row -> row[context - 1])
                .average()
                .orElseThrow();
    }

    /** The prompt and what {@code model} draws after it, until a document ends. */
    private String written(LanguageModel model) {
        SplittableRandom random = SeededRandom.of(settings.seed, "written", 0);
        int[] row = prompt;
        for (int i = 0; i < settings.written; i++) {
            int token = draw(model.next(row), random.nextDouble());
            if (token == rows.tokenizer().endOfDocument()) {
                break;
            }
            row = Arrays.copyOf(row, row.length + 1);
            row[row.length - 1] = token;
        }
        return rows.tokenizer().decode(Arrays.copyOfRange(row, prompt.length, row.length));
    }

    private static int draw(float[] logs, double chance) {
        double[] weights = IntStream.range(0, logs.length)
                .mapToDouble(token -> StrictMath.exp(logs[token] / TEMPERATURE))
                .toArray();
        double rest = chance * Arrays.stream(weights).sum();
        int token = 0;
        while (token < weights.length - 1 && rest >= weights[token]) {
            rest -= weights[token++];
        }
        return token;
    }

    private HistoryResult.Distances longDistance() {
        int texts = settings.distanceSteps * ROWS;
        LongDistance example = LongDistance.of(texts, settings.questions, settings.seed);
        List<HistoryResult.Recall> recalls = new ArrayList<>();
        progress.begin("n-gram, long distance");
        Clock counting = new Clock();
        KneserNey grams = new KneserNey(ORDERS.getLast(), example.tokenizer().vocabularySize());
        grams.train(example.training());
        recalls.add(recall("n-gram", grams, example, counting));
        progress.at(1, 1, "");
        List<List<int[]>> batches = TokenRows.batches(example.training(), settings.distanceSteps, ROWS, settings.seed);
        Contender.Size small = settings.sizes.getFirst();
        for (Contender contender : Contender.values()) {
            progress.begin(contender + ", long distance");
            try (LearningModel network = contender.network(
                    small, example.tokenizer().vocabularySize(), LongDistance.LENGTH, settings.seed)) {
                Clock clock = new Clock();
                train(network, contender, batches);
                recalls.add(recall(contender.name().toLowerCase(Locale.ROOT), network, example, clock));
            }
        }
        LongDistance.Question sample = example.questions().getFirst();
        return new HistoryResult.Distances(
                1.0 / LongDistance.REGIONS,
                settings.distanceSteps,
                settings.questions,
                sample.text() + "____（" + LongDistance.dish(sample.region()) + "）",
                recalls);
    }

    /** The share of questions after which the right dish is the most probable one of all dishes, by distance. */
    private static HistoryResult.Recall recall(String kind, LanguageModel model, LongDistance example, Clock clock) {
        double seconds = clock.seconds();
        double processorSeconds = clock.processorSeconds();
        int[] answers = example.answers();
        int[] asked = new int[FARTHEST.size()];
        int[] right = new int[FARTHEST.size()];
        for (LongDistance.Question question : example.questions()) {
            float[] next = model.next(question.context());
            int best = IntStream.range(0, answers.length)
                    .reduce((one, other) -> next[answers[other]] > next[answers[one]] ? other : one)
                    .orElseThrow();
            int range = (question.distance() - 1) / 10;
            asked[range]++;
            right[range] += best == question.region() ? 1 : 0;
        }
        List<HistoryResult.Range> ranges = IntStream.range(0, asked.length)
                .mapToObj(range -> new HistoryResult.Range(FARTHEST.get(range), asked[range], right[range]))
                .toList();
        return new HistoryResult.Recall(kind, model.parameters(), seconds, processorSeconds, ranges);
    }
}
