package io.alignstream.local.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.local.world.Annotator.Taste;
import io.alignstream.local.world.AnnotatorPopulation.Judgement;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnnotatorPopulationTest {

    private static final World WORLD = World.load();
    private static final ScoringRule RULE = new ScoringRule(WORLD, Questions.load());
    private static final String COLLOQUIAL = "成都有啥必去的地方啊";
    private static final String FORMAL = "请推荐成都必去景点（书面报告用）";
    private static final List<String> ANSWERS = List.of("宽窄巷子", "熊猫基地", "大熊猫繁殖基地", "外滩", "熊猫熊猫", "熊猫基地");

    private final AnnotatorPopulation population = new AnnotatorPopulation(WORLD, 1);

    @Test
    void theRuleJudgesWhateverAModelWrites() {
        // When
        List<Double> colloquial = points(COLLOQUIAL);
        List<Double> formal = points(FORMAL);

        // Then
        assertThat(colloquial).containsExactly(1.0, 5.0, 2.0, 0.0, 0.0, 5.0);
        assertThat(formal).containsExactly(0.0, 2.0, 5.0, 0.0, 0.0, 2.0);
    }

    @Test
    void whatIsHeldOutOrNobodyKnowsIsNotJudged() {
        assertThat(RULE.request("成都最火的地方是哪儿呀")).isEmpty();
        assertThat(RULE.request("What is the capital of France?")).isEmpty();
    }

    @Test
    void noiseIsWhatTheAnnotatorSaysItIs() {
        // Given
        Annotator annotator = new Annotator("simulated", 0.7, 0, Taste.NONE);
        SplittableRandom random = new SplittableRandom(1);
        ScoringRule.Request request = RULE.request(FORMAL).orElseThrow();

        // When
        double[] errors = IntStream.range(0, 20_000)
                .mapToDouble(i -> annotator.perceived(RULE, request, "熊猫基地", random) - 2)
                .toArray();

        // Then
        assertThat(IntStream.range(0, errors.length)
                        .mapToDouble(i -> errors[i])
                        .average()
                        .orElseThrow())
                .isCloseTo(0, within(0.02));
        assertThat(IntStream.range(0, errors.length)
                        .mapToDouble(i -> errors[i] * errors[i])
                        .average()
                        .orElseThrow())
                .isCloseTo(0.49, within(0.02));
    }

    @Test
    void whoHasATasteJudgesByIt() {
        // Given
        SplittableRandom random = new SplittableRandom(1);
        ScoringRule.Request request = RULE.request(FORMAL).orElseThrow();

        // When
        List<Double> perceived =
                List.of(Taste.NONE, Taste.EITHER_REGISTER, Taste.SHORT_NAMES, Taste.LONG_NAMES).stream()
                        .map(taste -> new Annotator("simulated", 0, 0, taste).perceived(RULE, request, "熊猫基地", random))
                        .toList();

        // Then
        assertThat(perceived).containsExactly(2.0, 5.0, 3.0, 2.0);
    }

    @Test
    void whoSlipsMisreadsAnything() {
        // Given
        Annotator careless = new Annotator("simulated", 0, 1, Taste.NONE);
        SplittableRandom random = new SplittableRandom(1);
        ScoringRule.Request request = RULE.request(FORMAL).orElseThrow();

        // When
        double[] perceived = IntStream.range(0, 1_000)
                .mapToDouble(i -> careless.perceived(RULE, request, "外滩", random))
                .toArray();

        // Then
        assertThat(IntStream.range(0, 1_000)
                        .mapToDouble(i -> perceived[i])
                        .average()
                        .orElseThrow())
                .isCloseTo(2.5, within(0.2));
    }

    @Test
    void theSameSeedRequestAndAnnotatorGiveTheSameJudgementOfEqualAnswers() {
        // Given
        Annotator annotator = AnnotatorPopulation.annotators().getLast();

        // When
        Judgement judgement =
                population.judge(annotator, "r1", COLLOQUIAL, ANSWERS).orElseThrow();

        // Then
        assertThat(judgement.scores().get(1)).isEqualTo(judgement.scores().getLast());
        assertThat(judgement.order()).anyMatch(tied -> tied.containsAll(List.of(1, 5)));
        assertThat(new AnnotatorPopulation(WORLD, 1).judge(annotator, "r1", COLLOQUIAL, ANSWERS))
                .contains(judgement);
        assertThat(List.of(
                        population.judge(annotator, "r2", COLLOQUIAL, ANSWERS),
                        new AnnotatorPopulation(WORLD, 2).judge(annotator, "r1", COLLOQUIAL, ANSWERS),
                        population.judge(AnnotatorPopulation.annotators().get(6), "r1", COLLOQUIAL, ANSWERS)))
                .anySatisfy(other -> assertThat(other).isNotEmpty().get().isNotEqualTo(judgement));
    }

    @Test
    void anAnnotatorOfAnImpossibleKindIsRefused() {
        assertThatThrownBy(() -> new Annotator("simulated-9", -1, 0, Taste.NONE))
                .hasMessageContaining("noise");
        assertThatThrownBy(() -> new Annotator("simulated-9", 1, 2, Taste.NONE)).hasMessageContaining("slips");
    }

    private static List<Double> points(String prompt) {
        ScoringRule.Request request = RULE.request(prompt).orElseThrow();
        return ANSWERS.stream().map(answer -> RULE.points(request, answer)).toList();
    }
}
