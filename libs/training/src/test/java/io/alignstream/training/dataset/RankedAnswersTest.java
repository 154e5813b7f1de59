package io.alignstream.training.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.contracts.exchange.RankingFormat;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RankedAnswersTest {

    private static final Tokenizer TOKENIZER =
            new BpeTrainer(300).train(Stream.of("成都必去景点：熊猫基地", "大熊猫繁殖基地").iterator());
    private static final RankingRequest REQUEST =
            new RankingRequest("r1", List.of(Message.user("成都必去景点")), List.of("a", "bb", "ccc", "d"), null, Map.of());

    private final SetAside setAside = new SetAside(Stage.REWARD, 1);

    @Test
    void everyPairOfARankingWithTiesCountsAndTheRequestCountsOnce() {
        // Given
        Ranking ranking = ranking("ann", List.of(List.of(2), List.of(0, 3), List.of(1)), List.of(3.0, 0.0, 5.0, 3.0));

        // When
        RankedAnswers ranked = RankedAnswers.of(TOKENIZER, REQUEST, List.of(ranking));

        // Then
        double sixth = 1 / 6.0;
        assertThat(ranked.pairs())
                .containsExactlyInAnyOrder(
                        new PreferencePair(2, 0, 2, sixth, false),
                        new PreferencePair(2, 3, 2, sixth, false),
                        new PreferencePair(2, 1, 5, sixth, false),
                        new PreferencePair(0, 3, 0, sixth, true),
                        new PreferencePair(0, 1, 3, sixth, false),
                        new PreferencePair(3, 1, 3, sixth, false));
    }

    @Test
    void whatWasImportedIsLearnedInItsPairs() throws IOException {
        // Given
        ObjectNode json = (ObjectNode)
                new ObjectMapper()
                        .readTree(
                                "{\"instruction\": \"成都必去景点\", \"completions\": ["
                                        + "{\"response\": \"熊猫基地\", \"overall_score\": 9},"
                                        + " {\"response\": \"a\", \"overall_score\": 3}, {\"response\": \"b\", \"overall_score\": 3}]}");
        RankedRequest imported =
                RankingFormat.of(json).read(json, "import:ultrafeedback").getFirst();

        // When
        List<RankedAnswers> ranked =
                RankedAnswers.of(TOKENIZER, List.of(imported.request()), List.of(imported.ranking()), 100, setAside);

        // Then
        int best = imported.request().answers().indexOf("熊猫基地");
        int a = imported.request().answers().indexOf("a");
        int b = imported.request().answers().indexOf("b");
        assertThat(ranked)
                .singleElement()
                .extracting(RankedAnswers::pairs, list(PreferencePair.class))
                .containsExactlyInAnyOrder(
                        new PreferencePair(best, a, 3, 1 / 3.0, false),
                        new PreferencePair(best, b, 3, 1 / 3.0, false),
                        new PreferencePair(a, b, 0, 1 / 3.0, true));
    }

    @Test
    void severalAnnotatorsShareTheWeightOfTheirRequest() {
        // Given
        List<Ranking> rankings = List.of(
                ranking("ann", List.of(List.of(0), List.of(1), List.of(2), List.of(3)), List.of()),
                ranking("bob", List.of(List.of(3), List.of(2), List.of(1), List.of(0)), List.of()));

        // When
        RankedAnswers ranked = RankedAnswers.of(TOKENIZER, REQUEST, rankings);

        // Then
        assertThat(ranked.pairs()).hasSize(12);
        assertThat(ranked.pairs().stream().mapToDouble(PreferencePair::weight).sum())
                .isCloseTo(1, within(1e-12));
    }

    @Test
    void rowsHoldPromptAnswerAndEndOfTurn() {
        // When
        RankedAnswers ranked =
                RankedAnswers.of(TOKENIZER, REQUEST, List.of(ranking("ann", List.of(List.of(0, 1, 2, 3)), List.of())));

        // Then
        assertThat(ranked.answers()).hasSize(4).allSatisfy(row -> {
            assertThat(row.ids()).startsWith(ranked.prompt());
            assertThat(row.ids()).endsWith(TOKENIZER.endOfTurn());
        });
    }

    @Test
    void an_answer_that_was_cut_off_has_no_end_of_turn() {
        // Given
        RankingRequest cut = new RankingRequest(
                "cut", REQUEST.messages(), List.of("a", "bb", "ccc"), null, Map.of(RankingRequest.TRUNCATED, "1 2"));

        // When
        RankedAnswers ranked = RankedAnswers.of(
                TOKENIZER, cut, List.of(ranking("ann", List.of(List.of(0), List.of(1), List.of(2)), List.of())));

        // Then: it ends with its own last token, and that is learned
        assertThat(ranked.answers().getFirst().ids()).endsWith(TOKENIZER.endOfTurn());
        assertThat(ranked.answers().subList(1, 3)).allSatisfy(row -> {
            assertThat(row.ids()).startsWith(ranked.prompt());
            assertThat(row.ids()[row.length() - 1]).isNotEqualTo(TOKENIZER.endOfTurn());
            assertThat(row.length()).isGreaterThan(ranked.prompt().length);
            assertThat(row.learned()[row.length() - 1]).isTrue();
        });
    }

    @Test
    void rankingsOfNoRequestOrOfAnotherNumberOfAnswersAreSetAsideAndCounted() {
        // Given
        RankingRequest unranked = new RankingRequest("r2", REQUEST.messages(), List.of("a", "b"), null, Map.of());
        List<Ranking> rankings = List.of(
                ranking("ann", List.of(List.of(0, 1, 2, 3)), List.of()),
                ranking("bob", List.of(List.of(0), List.of(1)), List.of()),
                new Ranking("nobody-asked", "ann", List.of(List.of(0), List.of(1)), List.of(), List.of(), "test"));

        // When
        List<RankedAnswers> ranked = RankedAnswers.of(TOKENIZER, List.of(REQUEST, unranked), rankings, 100, setAside);

        // Then
        assertThat(ranked)
                .singleElement()
                .satisfies(one -> assertThat(one.pairs()).hasSize(6).allMatch(PreferencePair::tied));
        assertThat(setAside.figures()).isEqualTo(Map.of("rankingsOfOtherAnswers", 1.0, "rankingsWithoutRequest", 1.0));
    }

    @Test
    void neitherAbstentionsNorGoldRequestsTeachAnything() {
        // Given
        RankingRequest gold = new RankingRequest(
                "gold", REQUEST.messages(), List.of("a", "b"), null, Map.of(RankingRequest.GOLD, "1>0"));
        List<Ranking> rankings = List.of(
                Ranking.abstained("r1", "ann", "test", new Ranking.Abstention(Ranking.Abstention.Cause.LANGUAGE, "")),
                new Ranking("gold", "ann", List.of(List.of(1), List.of(0)), List.of(), List.of(), "test"));

        // When
        List<RankedAnswers> ranked = RankedAnswers.of(TOKENIZER, List.of(REQUEST, gold), rankings, 100, setAside);

        // Then: and it was never meant to
        assertThat(ranked).isEmpty();
        assertThat(setAside.figures()).isEmpty();
    }

    @Test
    void rankingsThatDoNotFitTheModelAreSetAsideAndCounted() {
        // Given
        List<Ranking> rankings = List.of(
                ranking("ann", List.of(List.of(0, 1, 2, 3)), List.of()),
                ranking("bob", List.of(List.of(0), List.of(1, 2, 3)), List.of()));

        // When
        List<RankedAnswers> ranked = RankedAnswers.of(TOKENIZER, List.of(REQUEST), rankings, 3, setAside);

        // Then
        assertThat(ranked).isEmpty();
        assertThat(setAside.figures()).isEqualTo(Map.of("rankingsTooLong", 2.0));
    }

    @Test
    void theRuleOfEveryStageDecidesWhatIsHeldOut() {
        // When
        List<String> heldOut = IntStream.range(0, 400)
                .mapToObj(i -> "question " + i)
                .filter(text -> asked(text).heldOut(0.1))
                .toList();

        // Then
        assertThat(heldOut)
                .containsExactlyElementsOf(IntStream.range(0, 400)
                        .mapToObj(i -> "question " + i)
                        .filter(text -> HeldOut.of(text, 0.1))
                        .toList())
                .isNotEmpty();
    }

    @Test
    void aRequestThatAPersonHoldsOutIsHeldOutWhateverTheShare() {
        // Given
        RankingRequest request = new RankingRequest(
                "r1", List.of(Message.user("q")), List.of("a", "b", "c", "d"), null, Map.of("purpose", "held-out"));

        // When
        RankedAnswers ranked =
                RankedAnswers.of(TOKENIZER, request, List.of(ranking("ann", List.of(List.of(0, 1, 2, 3)), List.of())));

        // Then
        assertThat(ranked.heldOut(0)).isTrue();
    }

    private static RankedAnswers asked(String text) {
        RankingRequest request =
                new RankingRequest("r1", List.of(Message.user(text)), List.of("a", "bb", "ccc", "d"), null, Map.of());
        return RankedAnswers.of(TOKENIZER, request, List.of(ranking("ann", List.of(List.of(0, 1, 2, 3)), List.of())));
    }

    private static Ranking ranking(String annotator, List<List<Integer>> order, List<Double> scores) {
        return new Ranking("r1", annotator, order, scores, List.of(), "test");
    }
}
