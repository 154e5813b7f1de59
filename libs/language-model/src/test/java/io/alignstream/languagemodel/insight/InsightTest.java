package io.alignstream.languagemodel.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.languagemodel.insight.TextTokens.Range;
import io.alignstream.languagemodel.insight.WordArithmetic.Neighbour;
import io.alignstream.languagemodel.insight.WordArithmetic.Term;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is looked at in a network, on a random one; that its numbers are the network's own is the oracle's test. */
class InsightTest {

    private static final Tokenizer TOKENIZER = new BpeTrainer(420)
            .train(Stream.of(
                    "the king and the queen, the man and the woman, the king and the man", "国王和王后，男人和女人，国王和男人"));
    private static final Transformer NETWORK =
            Transformer.initialise(TransformerConfig.of(TOKENIZER.vocabularySize(), 2, 64, 64), 7);

    @AfterAll
    static void close() {
        NETWORK.close();
    }

    @Test
    void aWordIsFoundInItsTokensAndNotInTheMiddleOfAnother() {
        // Given
        TextTokens tokens = new TextTokens(TOKENIZER, "the suit, it fits");

        // When
        List<Range> places = tokens.places("it");

        // Then
        assertThat(places).hasSize(1);
        Range place = places.getFirst();
        assertThat(String.join("", tokens.texts().subList(place.from(), place.to())))
                .endsWith("it");
        assertThat(String.join("", tokens.texts())).isEqualTo("the suit, it fits");
    }

    @Test
    void aPartOfACharacterIsShownAsItsBytes() {
        // When
        List<String> texts = new TextTokens(TOKENIZER, "鳄").texts();

        // Then
        assertThat(texts).containsExactly("<E9>", "<B3>", "<84>");
        assertThat(TextTokens.shown(TOKENIZER, TOKENIZER.pad())).isEqualTo(TOKENIZER.name(TOKENIZER.pad()));
    }

    @Test
    void aWordIsNearestToItselfAndSaysSo() {
        // Given
        Term king = WordArithmetic.term(TOKENIZER, "king", true);

        // When
        List<Neighbour> nearest = WordArithmetic.nearest(new Inspector(NETWORK), TOKENIZER, List.of(king), 5);

        // Then
        assertThat(king.ids()).hasSize(1);
        assertThat(nearest).hasSize(5);
        assertThat(nearest.getFirst().id()).isEqualTo(king.ids()[0]);
        assertThat(nearest.getFirst().cosine()).isCloseTo(1, within(1e-4));
        assertThat(nearest).extracting(Neighbour::given).containsExactly(true, false, false, false, false);
    }

    @Test
    void whatWasSubtractedLiesOnTheOtherSide() {
        // Given
        List<Term> terms =
                List.of(WordArithmetic.term(TOKENIZER, "king", true), WordArithmetic.term(TOKENIZER, "man", false));

        // When
        List<Neighbour> all = WordArithmetic.nearest(new Inspector(NETWORK), TOKENIZER, terms, 10_000);

        // Then: the difference of two vectors of length 1, nearly at right angles
        assertThat(all.getFirst().id()).isEqualTo(terms.getFirst().ids()[0]);
        assertThat(all.getLast().id()).isEqualTo(terms.getLast().ids()[0]);
        assertThat(all.getLast().cosine()).isCloseTo(-all.getFirst().cosine(), within(1e-4));
        assertThat(all).noneMatch(neighbour -> TOKENIZER.byteLength(neighbour.id()) == 0);
    }

    @Test
    void wordsThatCancelEachOtherOutPointNowhere() {
        // Given
        List<Term> terms =
                List.of(WordArithmetic.term(TOKENIZER, "king", true), WordArithmetic.term(TOKENIZER, "king", false));

        // When, Then
        assertThatThrownBy(() -> WordArithmetic.nearest(new Inspector(NETWORK), TOKENIZER, terms, 5))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("cancel");
    }

    @Test
    void aPlaneShowsPointsOfAPlaneAsTheyAre() {
        // Given: a rectangle, turned into five dimensions
        double[] wide = {0.6, 0, 0.8, 0, 0};
        double[] high = {0, 1, 0, 0, 0};
        double[][] corners = {{-3, -1}, {3, -1}, {3, 1}, {-3, 1}};
        double[][] vectors = Arrays.stream(corners)
                .map(corner -> IntStream.range(0, 5)
                        .mapToDouble(i -> 9 + corner[0] * wide[i] + corner[1] * high[i])
                        .toArray())
                .toArray(double[][]::new);

        // When
        PrincipalPlane plane = PrincipalPlane.of(vectors);

        // Then
        assertThat(plane.explained()).isCloseTo(1, within(1e-9));
        for (int i = 0; i < corners.length; i++) {
            assertThat(Math.abs(plane.points()[i][0])).isCloseTo(3, within(1e-6));
            assertThat(Math.abs(plane.points()[i][1])).isCloseTo(1, within(1e-6));
            double side = Math.hypot(
                    plane.points()[i][0] - plane.points()[(i + 1) % 4][0],
                    plane.points()[i][1] - plane.points()[(i + 1) % 4][1]);
            assertThat(side).isCloseTo(i % 2 == 0 ? 6 : 2, within(1e-6));
        }
    }

    @Test
    void oneWordStartsAsOneVectorAndItsContextsMoveIt() {
        // Given
        Inspector inspector = new Inspector(NETWORK);
        List<float[][]> vectors = Stream.of("the king and the man", "woman, the man", "the queen the man")
                .map(text -> new TextTokens(TOKENIZER, text))
                .map(tokens -> {
                    int at = tokens.places("man").getLast().last();
                    return Arrays.stream(inspector.inspect(tokens.ids()).states())
                            .map(state -> state[at])
                            .toArray(float[][]::new);
                })
                .toList();

        // When
        WordInContexts word = WordInContexts.of(vectors, List.of(true, true, false));

        // Then
        assertThat(word.between()).hasSize(3);
        assertThat(word.between()[0]).isCloseTo(1, within(1e-6));
        assertThat(word.within()[0]).isCloseTo(1, within(1e-6));
        assertThat(word.between()[2]).isLessThan(1 - 1e-6);
        assertThat(word.paths().length).isEqualTo(3);
        assertThat(word.explained()).isBetween(0.1, 1.0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "zh"})
    void whoTakesNoNoticeOfWhatDecidesIsRightInHalfOfTheSentences(String language) {
        // Given: a head that takes everything from the first token that is one of the two nouns', and one from the last
        List<PronounSentence> sentences = PronounSentence.set(language);
        int[] solved = {0, 0};
        for (PronounSentence sentence : sentences) {
            TextTokens tokens = new TextTokens(TOKENIZER, sentence.text());
            int time = tokens.ids().length;
            int right = tokens.places(sentence.right()).getFirst().last();
            int wrong = tokens.places(sentence.wrong()).getFirst().last();
            float[][][][] attention = new float[1][2][time][time];
            for (int t = 0; t < time; t++) {
                attention[0][0][t][Math.min(right, wrong)] = 1;
                attention[0][1][t][Math.max(right, wrong)] = 1;
            }

            // When
            boolean[][] heads = sentence.solved(tokens, new Inspection(attention, new float[2][time][1], new float[1]));

            // Then
            solved[0] += heads[0][0] ? 1 : 0;
            solved[1] += heads[0][1] ? 1 : 0;
            assertThat(tokens.places(sentence.pronoun()).getLast().from()).isGreaterThan(Math.max(right, wrong));
        }
        assertThat(sentences).hasSizeGreaterThanOrEqualTo(20);
        assertThat(solved).containsOnly(sentences.size() / 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "zh"})
    void bothSentencesOfAPairSayTheSameUntilSomethingDecides(String language) {
        // Given
        List<PronounSentence> sentences = PronounSentence.set(language);

        // When, Then
        for (int i = 0; i < sentences.size(); i += 2) {
            PronounSentence one = sentences.get(i);
            PronounSentence other = sentences.get(i + 1);
            assertThat(other.right()).isEqualTo(one.wrong());
            assertThat(other.wrong()).isEqualTo(one.right());
            int parting = IntStream.range(0, one.text().length())
                    .filter(at -> one.text().charAt(at) != other.text().charAt(at))
                    .findFirst()
                    .orElseThrow();
            assertThat(one.text().indexOf(one.right())).isBetween(0, parting - 1);
            assertThat(one.text().indexOf(one.wrong())).isBetween(0, parting - 1);
            assertThat(one.text().lastIndexOf(one.pronoun())).isGreaterThan(parting);
        }
    }

    @Test
    void sharesAreProbabilitiesOfTheCandidatesAlone() {
        // When
        double[] shares = Association.shares(-1_000, -1_000 + Math.log(3));

        // Then
        assertThat(shares).containsExactly(new double[] {0.25, 0.75}, within(1e-12));
    }

    @Test
    void anAnswerThatDoesNotFitTheModelIsRefused() {
        // Given
        String longer = "王".repeat(200);

        // When, Then
        assertThatThrownBy(() -> Association.answers(NETWORK, TOKENIZER, "国王", List.of("男人", longer)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("64");
    }
}
