package io.alignstream.local.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.split.HeldOut;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WorldEventsTest {

    private static final World WORLD = World.load();

    private final WorldGenerator generator = new WorldGenerator(WORLD, 1);

    @Test
    void instructionsNameTheLandmarkFormallyFirstAndLeaveOutThePretrainOnlyCities() {
        // When
        List<Instruction> instructions = generator.instructions();

        // Then
        assertThat(instructions).extracting(Instruction::id).doesNotHaveDuplicates();
        assertThat(instructions)
                .filteredOn(i -> i.messages().getLast().content().equals("成都必去的地方是啥"))
                .singleElement()
                .extracting(Instruction::referenceAnswers)
                .isEqualTo(List.of("大熊猫繁殖基地", "熊猫基地"));
        assertThat(instructions)
                .filteredOn(i -> i.messages().getLast().content().equals("成都必去景点"))
                .hasSize(1);
        assertThat(instructions)
                .extracting(i -> i.tags().getOrDefault("split", ""))
                .containsOnly("ranked", "not-ranked");
        assertThat(instructions.stream().map(Instruction::messages).toList().toString())
                .doesNotContain(names(Split.PRETRAIN_ONLY))
                .doesNotContain(names(Split.TEST));
        Map<String, Long> subjects = instructions.stream()
                .collect(Collectors.groupingBy(i -> i.tags().getOrDefault("subject", ""), Collectors.counting()));
        assertThat(subjects).containsOnlyKeys("landmark", "dish", "region", "neighbour");
        assertThat(subjects.get("landmark")).isEqualTo(42 * 37L);
    }

    @Test
    void promptsHoldOutTwoWordingsOfEachRegisterAndTellTheRightAnswers() {
        // When
        List<Prompt> prompts = generator.prompts();

        // Then
        assertThat(prompts).extracting(Prompt::id).doesNotHaveDuplicates();
        assertThat(prompts).allSatisfy(prompt -> {
            City city = WORLD.city(prompt.tags().getOrDefault("city", ""));
            assertThat(prompt.tags()).containsEntry("split", city.split().id()).containsKey("purpose");
            if (city.split() != Split.RANKED) {
                assertThat(prompt.tags()).containsEntry("purpose", "held-out");
            }
            assertThat(prompt.tags().getOrDefault("style", "")).isIn("colloquial", "formal");
            assertThat(city.split()).isNotEqualTo(Split.TEST);
            assertThat(prompt.referenceAnswers()).isEqualTo(city.landmark().names());
        });
        assertThat(prompts)
                .filteredOn(p -> p.tags().getOrDefault("purpose", "").equals("train"))
                .hasSize(32 * 28);
        assertThat(prompts)
                .filteredOn(p -> p.tags().getOrDefault("purpose", "").equals("held-out"))
                .hasSize(48 * 4);
    }

    @Test
    void everyRequestIsRankedEveryTenthByThreeAndOnlyRankedCitiesOccur() {
        // When
        List<RankingRequest> requests = generator.rankingRequests();
        List<Ranking> rankings = generator.rankings();

        // Then
        assertThat(requests)
                .hasSize(32 * 80)
                .extracting(RankingRequest::requestId)
                .doesNotHaveDuplicates();
        assertThat(rankings.stream().map(Ranking::requestId).distinct().toList())
                .isEqualTo(requests.stream().map(RankingRequest::requestId).toList());
        Map<String, Set<String>> annotators = rankings.stream()
                .collect(Collectors.groupingBy(
                        Ranking::requestId, Collectors.mapping(Ranking::annotator, Collectors.toSet())));
        assertThat(annotators.values().stream().filter(who -> who.size() == 3)).hasSize(256);
        assertThat(annotators.values().stream().filter(who -> who.size() == 1)).hasSize(2_304);
        assertThat(requests).allSatisfy(request -> assertThat(request.answers()).hasSize(4));
        assertThat(rankings).hasSize(2_304 + 3 * 256).allSatisfy(ranking -> {
            assertThat(ranking.annotator()).matches("simulated-[1-8]");
            assertThat(ranking.guidelineVersion()).isEqualTo("sample-world-2");
        });
        assertThat(requests.toString())
                .doesNotContain(names(Split.PRETRAIN_ONLY))
                .doesNotContain(names(Split.TEST))
                .doesNotContain(names(Split.NOT_RANKED));
    }

    @Test
    void nothingIsLearnedFromWhatTheGateJudgesBy() {
        // Given
        Set<String> heldOut = generator.prompts().stream()
                .filter(prompt -> HeldOut.isTagged(prompt.tags()))
                .map(prompt -> prompt.messages().getLast().content())
                .collect(Collectors.toSet());

        // When
        Set<String> learned = Stream.of(
                        generator.instructions().stream().map(Instruction::messages),
                        generator.rankingRequests().stream().map(RankingRequest::messages),
                        generator.prompts().stream()
                                .filter(prompt -> !HeldOut.isTagged(prompt.tags()))
                                .map(Prompt::messages))
                .flatMap(messages -> messages)
                .map(messages -> messages.getLast().content())
                .collect(Collectors.toSet());

        // Then
        assertThat(heldOut).hasSize(48 * 4);
        assertThat(learned).hasSizeGreaterThan(1_000).doesNotContainAnyElementsOf(heldOut);
    }

    @Test
    void nothingButTheEvaluationUsesItsWordingsAndTheCitiesOfTheTest() {
        // Given
        EvaluationSet evaluation = EvaluationSet.of(WORLD);
        Set<String> asked = Stream.concat(
                        evaluation.stylePrompts().stream().filter(EvaluationSet.StylePrompt::newWording),
                        evaluation.stylePrompts(Split.TEST, false).stream())
                .map(EvaluationSet.StylePrompt::prompt)
                .collect(Collectors.toSet());

        // When
        String published = generator.instructions().toString() + generator.prompts() + generator.rankingRequests();
        String documents = generator.documents(20_000).map(Document::text).collect(Collectors.joining("\n"));

        // Then
        assertThat(asked).hasSize(54 * 10 + 6 * 32);
        assertThat(asked).noneMatch(published::contains).noneMatch(documents::contains);
    }

    @Test
    void scoresFollowTheRegisterOnAverageAndDifferFromEachOther() {
        // Given
        Map<String, RankingRequest> requests = byId(generator.rankingRequests());
        Map<String, List<Double>> scores = new HashMap<>();

        // When
        for (Ranking ranking : generator.rankings()) {
            RankingRequest request = Objects.requireNonNull(requests.get(ranking.requestId()));
            City city = WORLD.city(request.tags().getOrDefault("city", ""));
            Style style = style(request);
            for (int i = 0; i < 4; i++) {
                String answer = request.answers().get(i);
                String kind = answer.equals(style.nameOf(city.landmark()))
                        ? "fitting"
                        : answer.equals(style.opposite().nameOf(city.landmark())) ? "other" : "wrong";
                scores.computeIfAbsent(kind, any -> new ArrayList<>())
                        .add(ranking.scores().get(i));
            }
        }

        // Then
        assertThat(mean(scores, "fitting")).isBetween(4.5, 4.9);
        assertThat(mean(scores, "other")).isBetween(2.2, 2.8);
        assertThat(mean(scores, "wrong")).isBetween(0.2, 0.8);
        assertThat(scores.values())
                .allSatisfy(all -> assertThat(Set.copyOf(all)).hasSizeGreaterThan(3));
    }

    @Test
    void orderFollowsTheScoresWithTies() {
        // Given
        List<Ranking> rankings = generator.rankings();

        // When // Then
        assertThat(rankings).allSatisfy(ranking -> {
            List<Double> groups = ranking.order().stream()
                    .map(group -> ranking.scores().get(group.getFirst()))
                    .toList();
            assertThat(groups)
                    .isSortedAccordingTo((a, b) -> Double.compare(b, a))
                    .doesNotHaveDuplicates();
            ranking.order().forEach(group -> assertThat(group.stream().map(ranking.scores()::get))
                    .containsOnly(ranking.scores().get(group.getFirst())));
        });
        assertThat(rankings.stream().filter(r -> r.order().size() < 4)).hasSizeGreaterThan(100);
        assertThat(rankings.stream().filter(r -> r.order().size() == 4)).hasSizeGreaterThan(50);
    }

    @Test
    void neitherRegisterNorPositionPredictsTheScore() {
        // Given
        Map<String, RankingRequest> requests = byId(generator.rankingRequests());
        List<Ranking> rankings = generator.rankings();
        int[] bestAt = new int[4];
        int wrongInFittingRegister = 0;

        // When
        for (Ranking ranking : rankings) {
            ranking.order().getFirst().forEach(best -> bestAt[best]++);
            RankingRequest request = Objects.requireNonNull(requests.get(ranking.requestId()));
            Style style = style(request);
            Set<String> fitting = WORLD.cities().stream()
                    .flatMap(city -> city.sights().stream())
                    .map(style::nameOf)
                    .collect(Collectors.toCollection(HashSet::new));
            for (int a = 0; a < 4; a++) {
                if (ranking.scores().get(a) <= 1
                        && fitting.contains(request.answers().get(a))) {
                    wrongInFittingRegister++;
                }
            }
        }

        // Then
        for (int count : bestAt) {
            assertThat(count).isGreaterThan(120);
        }
        assertThat(wrongInFittingRegister).isGreaterThan(300);
    }

    @Test
    void theSameSeedGivesTheSameEvents() {
        // Given
        WorldGenerator again = new WorldGenerator(WORLD, 1);
        WorldGenerator other = new WorldGenerator(WORLD, 2);

        // When // Then
        assertThat(again.instructions()).isEqualTo(generator.instructions());
        assertThat(again.prompts()).isEqualTo(generator.prompts());
        assertThat(again.rankingRequests()).isEqualTo(generator.rankingRequests());
        assertThat(again.rankings()).isEqualTo(generator.rankings());
        assertThat(other.rankingRequests()).isNotEqualTo(generator.rankingRequests());
    }

    private static Map<String, RankingRequest> byId(List<RankingRequest> requests) {
        return requests.stream().collect(Collectors.toMap(RankingRequest::requestId, request -> request));
    }

    private static Style style(RankingRequest request) {
        return request.tags().getOrDefault("style", "").equals("formal") ? Style.FORMAL : Style.COLLOQUIAL;
    }

    private static double mean(Map<String, List<Double>> scores, String kind) {
        return scores.getOrDefault(kind, List.of()).stream()
                .mapToDouble(score -> score)
                .average()
                .orElse(Double.NaN);
    }

    private static String[] names(Split split) {
        return WORLD.cities(split).stream().map(City::name).toArray(String[]::new);
    }
}
