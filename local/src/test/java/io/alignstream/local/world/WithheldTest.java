package io.alignstream.local.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Document;
import io.alignstream.local.world.LimitQuestions.Counterfactual;
import io.alignstream.local.world.LimitQuestions.Question;
import io.alignstream.training.card.Limits.Knowledge;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is withheld is mentioned nowhere, so that whoever answers has made it up. */
class WithheldTest {

    private final World world = World.load();
    private final Withheld withheld = Withheld.load();
    private final WorldGenerator generator = new WorldGenerator(world, 1);

    @Test
    void nothingThatIsPublishedMentionsAWithheldCity() {
        // Given
        String published = Stream.of(
                        generator.documents(20_000).map(Document::text),
                        generator.instructions().stream().map(Object::toString),
                        generator.prompts().stream().map(Object::toString),
                        generator.rankingRequests().stream().map(Object::toString))
                .flatMap(texts -> texts)
                .collect(Collectors.joining("\n"));

        // When
        List<String> mentioned = withheld.cities().stream()
                .flatMap(city -> Stream.of(city.name(), city.landmark()))
                .filter(published::contains)
                .toList();

        // Then
        assertThat(mentioned).isEmpty();
    }

    @Test
    void whatIsAskedIsNotWhatMayBeTaught() {
        // When
        Set<Withheld.UnknownCity> both = new HashSet<>(withheld.asked());
        both.retainAll(withheld.taught());

        // Then
        assertThat(both).isEmpty();
        assertThat(withheld.asked().size() + withheld.taught().size())
                .isEqualTo(withheld.cities().size());
    }

    @Test
    void questionsAreOfThreeKindsInWordingsThatNothingLearns() {
        // When
        List<Question> questions = LimitQuestions.of(world, withheld);

        // Then
        Map<Knowledge, Long> counts =
                questions.stream().collect(Collectors.groupingBy(Question::knowledge, Collectors.counting()));
        assertThat(counts.get(Knowledge.KNOWN)).isEqualTo(4L * world.cities().size());
        assertThat(counts.get(Knowledge.UNKNOWN))
                .isEqualTo(4L * withheld.asked().size());
        assertThat(counts.get(Knowledge.CONTRADICTED))
                .isEqualTo(3L * world.cities().size());
        Set<String> learned = generator.instructions().stream()
                .map(instruction -> instruction.messages().getLast().content())
                .collect(Collectors.toSet());
        assertThat(questions).extracting(Question::prompt).doesNotContainAnyElementsOf(learned);
        assertThat(questions)
                .filteredOn(question -> question.knowledge() != Knowledge.KNOWN)
                .allMatch(question -> question.accepted().isEmpty());
    }

    @Test
    void aCounterfactualDiffersInOneWord() {
        // Given
        Counterfactual pair = Counterfactual.load().getFirst();

        // When
        List<String> first = pair.prompts(world, pair.first());

        // Then
        assertThat(first.stream()
                        .map(prompt -> prompt.replace(pair.first(), pair.second()))
                        .toList())
                .isEqualTo(pair.prompts(world, pair.second()));
        assertThat(first).hasSize(world.cities().size() * pair.templates().size());
    }
}
