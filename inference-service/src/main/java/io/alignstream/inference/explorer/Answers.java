package io.alignstream.inference.explorer;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.insight.Association;
import io.alignstream.languagemodel.insight.BlankFilling;
import io.alignstream.languagemodel.insight.Inspection;
import io.alignstream.languagemodel.insight.TextTokens;
import io.alignstream.languagemodel.insight.WordArithmetic;
import io.alignstream.languagemodel.insight.WordArithmetic.Term;
import io.alignstream.languagemodel.insight.WordInContexts;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a model shows when one looks into it: one method for each picture but the pronouns, which take longer. */
final class Answers {

    private static final int NEIGHBOURS = 20;
    /** Tokens that are told for each blank. */
    private static final int FILLINGS = 5;
    /** Tokens whose probabilities are told one by one. */
    private static final int LISTED = 200;
    /** Width, in nats, of the steps in which those of all others are told. */
    private static final double STEP = 0.1;
    /** Digits that a picture needs of attention. */
    private static final double ROUNDED = 1e4;

    private Answers() {}

    /**
     * How probable a candidate is.
     *
     * @param logProbability natural logarithm, of the whole candidate with its end
     * @param share of the probability of all candidates together
     */
    record Candidate(String candidate, double logProbability, double share) {}

    /** The candidates in the order in which they were given. */
    record Candidates(Version version, List<Candidate> candidates) {}

    /** A token that may come next. */
    record Choice(int id, String text, double logProbability) {}

    /** So many tokens with about this probability each. */
    record Step(double logProbability, int tokens) {}

    /** A token that may stand in a blank. */
    record Filling(int id, String text, double probability) {}

    /**
     * What may stand in a blank, the most probable first.
     *
     * @param left what the base model guesses that sees the left alone; null where there is none
     */
    record Blank(List<Filling> both, @Nullable List<Filling> left) {}

    /** A text's blanks and what stands around them, one piece more. */
    record Blanks(List<String> pieces, List<Blank> blanks) {}

    /** A token that was drawn. */
    record Taken(int id, String text) {}

    /**
     * What comes next.
     *
     * @param taken what was drawn so far, and {@code text} what that says
     * @param ended whether the last one drawn is a control token, with which the text ends
     * @param choices the most probable tokens, the most probable first
     * @param others all other tokens, the most probable first
     */
    record Next(
            Version version, List<Taken> taken, String text, boolean ended, List<Choice> choices, List<Step> others) {}

    /**
     * What the heads of a layer take from where.
     *
     * @param weights {@code [heads][time][0 … time]}
     */
    record Attention(
            Version version, List<String> tokens, int layers, int heads, int layer, List<double[][]> weights) {}

    /** A word and the tokens whose embeddings stand for it. */
    record Word(String word, boolean added, List<String> tokens) {}

    /** A token near by; {@code given} if it is one of those that were added or subtracted. */
    record Neighbour(int id, String text, double cosine, boolean given) {}

    /** The words that were added and subtracted, and what is near. */
    record Neighbours(Version version, List<Word> words, List<Neighbour> neighbours) {}

    /** A text and which of its tokens, from one up to before another, hold the word. */
    record Place(boolean first, List<String> tokens, int from, int to) {}

    /** A word in texts that mean two things by it. */
    record Contexts(Version version, List<Place> places, WordInContexts word) {}

    static Candidates candidates(ExploredModel model, Questions.Candidates question) {
        String prompt = Questions.text("prompt", question.prompt(), Questions.LONGEST_TEXT);
        String separator = Questions.anyText("separator", question.separator(), Questions.LONGEST_WORD);
        List<String> candidates = Questions.texts(
                "candidates", question.candidates(), 2, Questions.MOST_CANDIDATES, Questions.LONGEST_WORD);
        double[] logs = model.version() == Version.BASE
                ? Association.continuations(
                        model.network(),
                        model.tokenizer(),
                        Collections.nCopies(candidates.size(), prompt + separator),
                        candidates)
                : Association.answers(model.network(), model.tokenizer(), prompt, candidates);
        double[] shares = Association.shares(logs);
        return new Candidates(
                model.version(),
                IntStream.range(0, logs.length)
                        .mapToObj(i -> new Candidate(candidates.get(i), logs[i], shares[i]))
                        .toList());
    }

    static Next next(ExploredModel model, Questions.Next question) {
        Tokenizer tokenizer = model.tokenizer();
        String prompt = Questions.text("prompt", question.prompt(), Questions.LONGEST_TEXT);
        int[] given = model.version() == Version.BASE
                ? tokenizer.encode(prompt)
                : ChatTemplate.prompt(tokenizer, List.of(Message.user(prompt)));
        int[] taken = Questions.ids(question.taken(), tokenizer.vocabularySize());
        if (question.rank() != null) {
            int rank = Questions.whole("rank", question.rank(), tokenizer.vocabularySize());
            List<Choice> ranked = ranked(tokenizer, inspected(model, joined(given, taken)));
            taken = joined(taken, ranked.get(rank).id());
        }
        List<Choice> ranked = ranked(tokenizer, inspected(model, joined(given, taken)));
        SequencedMap<Long, Integer> others = new TreeMap<>(Comparator.reverseOrder());
        ranked.stream()
                .skip(LISTED)
                .forEach(choice -> others.merge(Math.round(choice.logProbability() / STEP), 1, Integer::sum));
        return new Next(
                model.version(),
                Arrays.stream(taken)
                        .mapToObj(id -> new Taken(id, TextTokens.shown(tokenizer, id)))
                        .toList(),
                ChatTemplate.said(tokenizer, taken),
                taken.length > 0 && tokenizer.byteLength(taken[taken.length - 1]) == 0,
                ranked.stream().limit(LISTED).toList(),
                others.entrySet().stream()
                        .map(step -> new Step(step.getKey() * STEP, step.getValue()))
                        .toList());
    }

    /** The tokenizer's tokens, the most probable first; a network may have more. */
    private static List<Choice> ranked(Tokenizer tokenizer, Inspection inspection) {
        double[] logs = inspection.logProbabilities();
        return IntStream.range(0, Math.min(logs.length, tokenizer.vocabularySize()))
                .mapToObj(id -> new Choice(id, TextTokens.shown(tokenizer, id), logs[id]))
                .sorted(Comparator.comparingDouble(Choice::logProbability).reversed())
                .toList();
    }

    private static int[] joined(int[] ids, int... more) {
        return IntStream.concat(Arrays.stream(ids), Arrays.stream(more)).toArray();
    }

    /** What a masked model finds in each blank; of any other what it guesses from the left. */
    static List<List<Filling>> fillings(ExploredModel model, List<String> pieces) {
        return (model.version() == Version.MASKED
                        ? BlankFilling.fromBothSides(model.network(), model.tokenizer(), pieces, FILLINGS)
                        : BlankFilling.fromTheLeft(model.network(), model.tokenizer(), pieces, FILLINGS))
                .stream()
                        .map(choices -> choices.stream()
                                .map(choice -> new Filling(
                                        choice.id(),
                                        TextTokens.shown(model.tokenizer(), choice.id()),
                                        choice.probability()))
                                .toList())
                        .toList();
    }

    static Attention attention(ExploredModel model, Questions.Attention question) {
        String text = Questions.text("text", question.text(), Questions.LONGEST_TEXT);
        int layers = model.network().config().layers();
        int layer = Questions.whole("layer", question.layer() == null ? 0 : question.layer(), layers);
        TextTokens tokens = tokens(model, text);
        Inspection inspection = inspected(model, tokens.ids());
        return new Attention(
                model.version(),
                tokens.texts(),
                layers,
                inspection.heads(),
                layer,
                Arrays.stream(inspection.attention()[layer])
                        .map(Answers::triangle)
                        .toList());
    }

    /** Of each position what it takes from itself and from those before it. */
    private static double[][] triangle(float[][] weights) {
        double[][] rows = new double[weights.length][];
        for (int t = 0; t < rows.length; t++) {
            rows[t] = new double[t + 1];
            for (int s = 0; s <= t; s++) {
                rows[t][s] = Math.round(weights[t][s] * ROUNDED) / ROUNDED;
            }
        }
        return rows;
    }

    static Neighbours neighbours(ExploredModel model, Questions.Words question) {
        Tokenizer tokenizer = model.tokenizer();
        List<String> plus = Questions.texts("plus", question.plus(), 1, Questions.MOST_TERMS, Questions.LONGEST_WORD);
        List<String> minus =
                Questions.texts("minus", question.minus(), 0, Questions.MOST_TERMS, Questions.LONGEST_WORD);
        List<Term> terms = Stream.concat(
                        plus.stream().map(word -> WordArithmetic.term(tokenizer, word, true)),
                        minus.stream().map(word -> WordArithmetic.term(tokenizer, word, false)))
                .toList();
        return new Neighbours(
                model.version(),
                terms.stream()
                        .map(term -> new Word(
                                term.word(),
                                term.added(),
                                Arrays.stream(term.ids())
                                        .mapToObj(id -> TextTokens.shown(tokenizer, id))
                                        .toList()))
                        .toList(),
                WordArithmetic.nearest(model.inspector(), tokenizer, terms, NEIGHBOURS).stream()
                        .map(near -> new Neighbour(
                                near.id(), TextTokens.shown(tokenizer, near.id()), near.cosine(), near.given()))
                        .toList());
    }

    static Contexts contexts(ExploredModel model, Questions.Contexts question) {
        String word = Questions.text("word", question.word(), Questions.LONGEST_WORD);
        List<String> first =
                Questions.texts("first", question.first(), 1, Questions.MOST_TEXTS, Questions.LONGEST_TEXT);
        List<String> second =
                Questions.texts("second", question.second(), 1, Questions.MOST_TEXTS, Questions.LONGEST_TEXT);
        List<Place> places = new ArrayList<>();
        List<float[][]> vectors = new ArrayList<>();
        Stream.concat(first.stream(), second.stream()).forEach(text -> {
            TextTokens tokens = tokens(model, text);
            TextTokens.Range range = tokens.places(word).stream()
                    .findFirst()
                    .orElseThrow(() -> new InvalidInputException(
                            Reason.of("insight.noWord").with("word", word).with("text", Questions.cut(text))));
            places.add(new Place(places.size() < first.size(), tokens.texts(), range.from(), range.to()));
            vectors.add(Arrays.stream(inspected(model, tokens.ids()).states())
                    .map(state -> state[range.last()])
                    .toArray(float[][]::new));
        });
        return new Contexts(
                model.version(),
                places,
                WordInContexts.of(vectors, places.stream().map(Place::first).toList()));
    }

    /** The tokens of a text of which a picture is drawn. */
    static TextTokens tokens(ExploredModel model, String text) {
        TextTokens tokens = new TextTokens(model.tokenizer(), text);
        if (tokens.ids().length > Questions.MOST_TOKENS) {
            throw new InvalidInputException(Reason.of("explorer.manyTokens")
                    .with("text", Questions.cut(text))
                    .with("tokens", tokens.ids().length)
                    .with("most", Questions.MOST_TOKENS));
        }
        return tokens;
    }

    static Inspection inspected(ExploredModel model, int... ids) {
        int positions = model.network().config().maxPositions();
        if (ids.length > positions) {
            throw new InvalidInputException(
                    Reason.of("insight.tooLong").with("tokens", ids.length).with("positions", positions));
        }
        return model.inspector().inspect(ids);
    }
}
