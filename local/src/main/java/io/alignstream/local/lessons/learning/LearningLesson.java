package io.alignstream.local.lessons.learning;

import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.TextEmbedder;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.optimiser.LinearSchedule;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.lessons.model.LanguageModel;
import io.alignstream.lessons.network.TransformerNetwork;
import io.alignstream.local.lessons.run.Clock;
import io.alignstream.local.lessons.run.LessonProgress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * A base model that learns from text alone, its embeddings in clusters, a classifier on them that is shown many labels, and one
 * that is shown few and gives itself the rest.
 */
final class LearningLesson {

    private static final int LENGTH = 97;
    private static final int ROWS = 16;
    private static final double RATE = 0.004;
    private static final int DRAWS = 10;
    private static final int ROUNDS = 4;
    /** How sure the classifier has to be of a label that it gives itself. */
    private static final double SURE = 0.9;

    private final Settings settings;
    private final LessonProgress progress;
    private final LabelledTexts texts;
    private final Tokenizer tokenizer;
    /** The first documents are learned from, the others are for the test. */
    private final int[] shown;

    private final int[] tested;

    /**
     * How much is computed.
     *
     * @param documents to learn from
     * @param tested others
     * @param shares of the labels that the classifier is shown; the first is that of semi-supervised learning
     */
    record Settings(
            long seed,
            int documents,
            int tested,
            int vocabulary,
            int layers,
            int width,
            int steps,
            List<Double> shares) {

        Settings {
            shares = List.copyOf(shares);
        }

        /** What the lesson takes. */
        static Settings lesson(long seed, int steps) {
            return new Settings(seed, 4_000, 1_000, 1_024, 3, 96, steps, List.of(0.01, 0.02, 0.05, 0.2, 1.0));
        }
    }

    LearningLesson(Settings settings, LessonProgress progress) {
        this.settings = settings;
        this.progress = progress;
        this.texts = LabelledTexts.of(settings.documents + settings.tested, settings.seed);
        if (texts.size() < settings.documents + settings.tested) {
            throw new IllegalStateException("the sample world has only " + texts.size() + " different documents");
        }
        this.tokenizer =
                new BpeTrainer(settings.vocabulary).train(texts.texts().subList(0, settings.documents).stream());
        this.shown = IntStream.range(0, settings.documents).toArray();
        this.tested = IntStream.range(settings.documents, texts.size()).toArray();
    }

    LearningResult run() {
        TransformerConfig config =
                TransformerConfig.of(tokenizer.vocabularySize(), settings.layers, settings.width, LENGTH);
        try (TransformerNetwork network = new TransformerNetwork(config, settings.seed)) {
            float[][] untrained = embeddings(network);
            LearningResult.Pretraining pretraining = pretrain(network);
            float[][] trained = embeddings(network);
            progress.begin("clusters");
            LearningResult.Grouping clusters = clusters(trained, untrained);
            progress.at(1, 1, String.format(Locale.ROOT, "mutual information %.3f", clusters.mutualInformation()));
            progress.begin("classifiers");
            List<LearningResult.Labelled> supervised = new ArrayList<>();
            List<LearningResult.Labelled> without = new ArrayList<>();
            int parts = 2 * settings.shares.size() + 1;
            for (double share : settings.shares) {
                supervised.add(supervised(trained, share));
                without.add(supervised(untrained, share));
                progress.at(2L * supervised.size(), parts, "");
            }
            LearningResult.Pseudo pseudo = semiSupervised(trained, settings.shares.getFirst());
            progress.at(
                    parts,
                    parts,
                    String.format(
                            Locale.ROOT, "accuracy %.3f", supervised.getLast().accuracy()));
            return new LearningResult(
                    new LearningResult.Setting(
                            settings.seed,
                            settings.documents,
                            settings.tested,
                            settings.steps,
                            network.parameters(),
                            settings.width),
                    pretraining,
                    clusters,
                    majority(),
                    supervised,
                    without,
                    pseudo);
        }
    }

    /** Self-supervised: the next token is the label, and it stands in the text. */
    private LearningResult.Pretraining pretrain(TransformerNetwork network) {
        List<int[]> rows = rows(shown);
        List<int[]> unseen = rows(tested);
        double before = bitsPerByte(network, unseen);
        LinearSchedule schedule = new LinearSchedule(RATE, 0.05);
        progress.begin("pretraining");
        Clock clock = new Clock();
        List<double[]> losses = new ArrayList<>();
        int span = Math.max(1, settings.steps / 40);
        double sum = 0;
        int[] order = {};
        int next = 0;
        for (int step = 0; step < settings.steps; step++) {
            List<int[]> batch = new ArrayList<>();
            while (batch.size() < ROWS) {
                if (next == order.length) {
                    order = SeededRandom.permutation(rows.size(), SeededRandom.of(settings.seed, "rows", step));
                    next = 0;
                }
                batch.add(rows.get(order[next++]));
            }
            double loss = network.step(batch, schedule.learningRate(step, settings.steps));
            sum += loss;
            if ((step + 1) % span == 0) {
                losses.add(new double[] {step + 1, sum / span});
                sum = 0;
            }
            progress.at(step + 1, settings.steps, String.format(Locale.ROOT, "loss %.3f", loss));
        }
        return new LearningResult.Pretraining(
                losses,
                before,
                bitsPerByte(network, unseen),
                clock.seconds(),
                clock.processorSeconds(),
                network.sha256());
    }

    private List<int[]> rows(int... documents) {
        int[] tokens = Arrays.stream(documents)
                .mapToObj(document -> texts.texts().get(document))
                .flatMapToInt(text -> IntStream.concat(
                        Arrays.stream(tokenizer.encode(text)), IntStream.of(tokenizer.endOfDocument())))
                .toArray();
        List<int[]> rows = new ArrayList<>();
        for (int from = 0; from + LENGTH <= tokens.length; from += LENGTH) {
            rows.add(Arrays.copyOfRange(tokens, from, from + LENGTH));
        }
        return rows;
    }

    private double bitsPerByte(LanguageModel model, List<int[]> rows) {
        double nats = 0;
        for (float[] row : model.logProbabilities(rows)) {
            for (float log : row) {
                nats -= log;
            }
        }
        long bytes = rows.stream()
                .flatMapToInt(row -> Arrays.stream(row).skip(1))
                .mapToLong(tokenizer::byteLength)
                .sum();
        return nats / Math.log(2) / bytes;
    }

    /** Of each document the mean of its tokens' last states; each number with mean 0 and variance 1 over what is learned from. */
    private float[][] embeddings(TransformerNetwork network) {
        float[][] vectors = new float[texts.size()][];
        try (PreparedWeights weights = new PreparedWeights(network.network())) {
            TextEmbedder embedder = new TextEmbedder(weights);
            for (int i = 0; i < vectors.length; i++) {
                int[] ids = tokenizer.encode(texts.texts().get(i));
                vectors[i] = embedder.embed(Arrays.copyOf(ids, Math.min(ids.length, LENGTH)));
            }
        }
        for (int d = 0; d < settings.width; d++) {
            double sum = 0;
            double squares = 0;
            for (int i : shown) {
                sum += vectors[i][d];
                squares += (double) vectors[i][d] * vectors[i][d];
            }
            double mean = sum / shown.length;
            double deviation = Math.sqrt(Math.max(squares / shown.length - mean * mean, 1e-12));
            for (float[] vector : vectors) {
                vector[d] = (float) ((vector[d] - mean) / deviation);
            }
        }
        return vectors;
    }

    /** Unsupervised: no label is looked at until the clusters are there. */
    private LearningResult.Grouping clusters(float[][] trained, float[][] untrained) {
        int classes = Kind.values().length;
        float[][] learned = Arrays.copyOf(trained, settings.documents);
        Clusters clusters = Clusters.of(learned, classes, SeededRandom.of(settings.seed, "clusters", 0));
        Clusters blind = Clusters.of(
                Arrays.copyOf(untrained, settings.documents), classes, SeededRandom.of(settings.seed, "clusters", 0));
        int[][] counts = Clusters.counts(clusters.of(), texts.labels(), classes, classes);
        double[][] plane = PrincipalComponents.plane(learned);
        List<double[]> points = new ArrayList<>();
        for (int i = 0; i < Math.min(400, plane.length); i++) {
            points.add(new double[] {plane[i][0], plane[i][1], clusters.of()[i], texts.labels()[i]});
        }
        return new LearningResult.Grouping(
                counts,
                Clusters.purity(counts),
                Clusters.mutualInformation(counts),
                Clusters.mutualInformation(Clusters.counts(blind.of(), texts.labels(), classes, classes)),
                points);
    }

    /** Supervised: the classifier is shown a share of the labels, several draws of them unless it is all. */
    private LearningResult.Labelled supervised(float[][] vectors, double share) {
        List<int[]> draws = draws(share);
        return labelled(
                draws.getFirst().length,
                draws.stream()
                        .map(chosen -> Softmax.learn(vectors, texts.labels(), chosen, Kind.values().length))
                        .toList(),
                vectors);
    }

    /** Draws of labelled documents: a share of each kind, one at least. */
    private List<int[]> draws(double share) {
        if (share >= 1) {
            return List.of(shown);
        }
        List<int[]> draws = new ArrayList<>();
        for (int draw = 0; draw < DRAWS; draw++) {
            int[] order = SeededRandom.permutation(shown.length, SeededRandom.of(settings.seed, "labels", draw));
            int[] left = new int[Kind.values().length];
            for (int document : shown) {
                left[texts.labels()[document]]++;
            }
            Arrays.setAll(left, kind -> Math.max(1, (int) Math.round(left[kind] * share)));
            draws.add(Arrays.stream(order)
                    .filter(document -> left[texts.labels()[document]]-- > 0)
                    .toArray());
        }
        return draws;
    }

    /** Semi-supervised: what the classifier is sure of it takes for a label, and learns once more. */
    private LearningResult.Pseudo semiSupervised(float[][] vectors, double share) {
        List<int[]> draws = draws(share);
        List<Softmax> classifiers = new ArrayList<>();
        double taken = 0;
        double right = 0;
        for (int[] chosen : draws) {
            Softmax classifier = Softmax.learn(vectors, texts.labels(), chosen, Kind.values().length);
            int[] labels = {};
            int[] sure = {};
            for (int round = 0; round < ROUNDS; round++) {
                labels = given(chosen);
                sure = pseudoLabels(classifier, vectors, labels);
                int[] all = IntStream.concat(Arrays.stream(chosen), Arrays.stream(sure))
                        .toArray();
                classifier = Softmax.learn(vectors, labels, all, Kind.values().length);
            }
            int[] last = labels;
            taken += (double) sure.length / (shown.length - chosen.length) / draws.size();
            right += (double) Arrays.stream(sure)
                            .filter(document -> last[document] == texts.labels()[document])
                            .count()
                    / Math.max(1, sure.length)
                    / draws.size();
            classifiers.add(classifier);
        }
        return new LearningResult.Pseudo(labelled(draws.getFirst().length, classifiers, vectors), taken, right);
    }

    /** The labels that are shown, -1 elsewhere. */
    private int[] given(int... chosen) {
        int[] labels = new int[texts.size()];
        Arrays.fill(labels, -1);
        for (int document : chosen) {
            labels[document] = texts.labels()[document];
        }
        return labels;
    }

    /** Writes what {@code classifier} is sure of into {@code labels} where there is none; returns these documents. */
    private int[] pseudoLabels(Softmax classifier, float[][] vectors, int... labels) {
        List<Integer> sure = new ArrayList<>();
        for (int document : shown) {
            if (labels[document] < 0) {
                double most = Arrays.stream(classifier.chances(vectors[document]))
                        .max()
                        .orElse(0);
                if (most >= SURE) {
                    labels[document] = classifier.label(vectors[document]);
                    sure.add(document);
                }
            }
        }
        return sure.stream().mapToInt(document -> document).toArray();
    }

    private LearningResult.Labelled labelled(int labels, List<Softmax> classifiers, float[][] vectors) {
        double[] accuracies = new double[classifiers.size()];
        double recall = 0;
        for (int c = 0; c < accuracies.length; c++) {
            int[] asked = new int[Kind.values().length];
            int[] right = new int[asked.length];
            for (int document : tested) {
                int label = texts.labels()[document];
                asked[label]++;
                right[label] += classifiers.get(c).label(vectors[document]) == label ? 1 : 0;
            }
            accuracies[c] = (double) Arrays.stream(right).sum() / tested.length;
            recall += IntStream.range(0, asked.length)
                            .filter(kind -> asked[kind] > 0)
                            .mapToDouble(kind -> (double) right[kind] / asked[kind])
                            .average()
                            .orElse(0)
                    / accuracies.length;
        }
        return new LearningResult.Labelled(
                labels,
                Arrays.stream(accuracies).average().orElse(0),
                Arrays.stream(accuracies).min().orElse(0),
                Arrays.stream(accuracies).max().orElse(0),
                recall);
    }

    private double majority() {
        int[] counts = new int[Kind.values().length];
        for (int document : tested) {
            counts[texts.labels()[document]]++;
        }
        return (double) Arrays.stream(counts).max().orElse(0) / tested.length;
    }
}
