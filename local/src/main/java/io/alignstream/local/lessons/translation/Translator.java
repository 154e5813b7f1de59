package io.alignstream.local.lessons.translation;

import io.alignstream.languagemodel.optimiser.LinearSchedule;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.lessons.network.EncoderDecoder;
import io.alignstream.local.lessons.run.LessonProgress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** An encoder-decoder that learns pairs in both directions; for one thread. */
final class Translator implements AutoCloseable {

    /** Batches whose sentences are sorted by length together, so that little is padding. */
    private static final int SORTED = 16;

    private final WordList words;
    private final EncoderDecoder network;

    /**
     * How it learns.
     *
     * @param width of the network
     * @param layers of encoder and decoder
     * @param steps of AdamW
     * @param batch sentences a step
     * @param learningRate its peak
     */
    record Settings(int width, int layers, int steps, int batch, double learningRate) {

        /** What the lesson takes. */
        static final Settings LESSON = new Settings(96, 2, 1_500, 128, 0.003);

        Settings {
            if (width < 8 || layers < 1 || steps < 1 || batch < 1 || !(learningRate > 0)) {
                throw new IllegalArgumentException("width " + width + ", layers " + layers + ", steps " + steps
                        + ", batch " + batch + " and learning rate " + learningRate + " must be positive, the width 8"
                        + " at least");
            }
        }
    }

    private record Sentence(int[] source, int[] target) {}

    Translator(WordList words, Settings settings, int longest, long seed) {
        this.words = words;
        network = new EncoderDecoder(
                new EncoderDecoder.Sizes(words.size(), settings.width, settings.layers, 4, longest), seed);
    }

    /** Learns {@code pairs}; the losses of all steps in nats a word. */
    double[] learn(List<Pair> pairs, Settings settings, long seed, LessonProgress progress) {
        List<Sentence> sentences = new ArrayList<>();
        for (Pair.Direction direction : Pair.Direction.values()) {
            pairs.forEach(pair ->
                    sentences.add(new Sentence(words.ids(pair.source(direction)), words.ids(pair.target(direction)))));
        }
        LinearSchedule schedule = new LinearSchedule(settings.learningRate, 0.1);
        double[] losses = new double[settings.steps];
        List<List<Sentence>> batches = List.of();
        int next = 0;
        for (int step = 0; step < settings.steps; step++) {
            if (next == batches.size()) {
                batches = batches(
                        sentences,
                        settings.batch,
                        SeededRandom.of(seed, "batches", step).nextLong());
                next = 0;
            }
            List<Sentence> batch = batches.get(next++);
            losses[step] = network.step(
                    batch.stream().map(Sentence::source).toList(),
                    batch.stream().map(Sentence::target).toList(),
                    schedule.learningRate(step, settings.steps));
            progress.at(step + 1, settings.steps, String.format(Locale.ROOT, "loss %.4f", losses[step]));
        }
        return losses;
    }

    private static List<List<Sentence>> batches(List<Sentence> sentences, int size, long seed) {
        List<Sentence> shuffled = new ArrayList<>(sentences);
        Random random = new Random(seed);
        Collections.shuffle(shuffled, random);
        List<List<Sentence>> batches = new ArrayList<>();
        for (int from = 0; from < shuffled.size(); from += SORTED * size) {
            List<Sentence> some = shuffled.subList(from, Math.min(shuffled.size(), from + SORTED * size));
            some.sort(Comparator.comparingInt(sentence -> sentence.source.length + sentence.target.length));
            for (int at = 0; at < some.size(); at += size) {
                batches.add(some.subList(at, Math.min(some.size(), at + size)));
            }
        }
        Collections.shuffle(batches, random);
        return batches;
    }

    /** What it writes for each of {@code sources}. */
    List<String> translate(List<String> sources) {
        return network.translate(sources.stream().map(words::ids).toList()).stream()
                .map(words::text)
                .toList();
    }

    /** Share of {@code pairs}, 0 to 1, whose translation is the right one, word for word. */
    double exactMatch(List<Pair> pairs, Pair.Direction direction) {
        List<String> written =
                translate(pairs.stream().map(pair -> pair.source(direction)).toList());
        int right = 0;
        for (int i = 0; i < written.size(); i++) {
            right += written.get(i).equals(pairs.get(i).target(direction)) ? 1 : 0;
        }
        return (double) right / pairs.size();
    }

    /** What it writes for {@code source}, and where it looks. */
    Attention attention(String source) {
        int[] ids = words.ids(source);
        int[] written = network.translate(List.of(ids)).getFirst();
        List<String> target = new ArrayList<>(words.words(written));
        target.add("■");
        return new Attention(words.words(ids), target, words.text(written), network.crossAttention(ids, written));
    }

    /**
     * A translation with the shares of attention by which it was made.
     *
     * @param source words
     * @param target words, the last one is the end of the sentence
     * @param text what was written
     * @param shares {@code [layers][heads][target][source]}
     */
    record Attention(List<String> source, List<String> target, String text, float[][][][] shares) {

        Attention {
            source = List.copyOf(source);
            target = List.copyOf(target);
        }
    }

    long parameters() {
        return network.parameters();
    }

    String sha256() {
        return network.sha256();
    }

    /** Words of the longest sentence of {@code pairs} and one more, for its end. */
    static int longest(WordList words, List<Pair> pairs) {
        return pairs.stream()
                        .flatMap(pair -> Arrays.stream(new String[] {pair.chinese(), pair.english()}))
                        .mapToInt(text -> words.ids(text).length)
                        .max()
                        .orElseThrow()
                + 1;
    }

    @Override
    public void close() {
        network.close();
    }
}
