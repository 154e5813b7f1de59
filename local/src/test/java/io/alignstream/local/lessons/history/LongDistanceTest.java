package io.alignstream.local.lessons.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LongDistanceTest {

    private final LongDistance example = LongDistance.of(300, 200, 1);

    @Test
    void what_decides_stands_as_far_before_as_it_says() {
        // Given
        Set<Integer> ranges = new TreeSet<>();

        // Then
        assertThat(example.questions()).hasSize(200).allSatisfy(question -> {
            String text = example.tokenizer().decode(question.context());
            assertThat(text).isEqualTo(question.text()).startsWith("我在").endsWith("我还是更喜欢吃");
            int region = example.tokenizer().encode(text.substring(0, text.indexOf("长大"))).length;
            assertThat(question.distance()).isBetween(5, 100);
            assertThat(question.context().length + 1 - region).isCloseTo(question.distance(), within(3));
            ranges.add((question.distance() - 1) / 10);
        });
        assertThat(ranges).hasSize(10);
    }

    @Test
    void rows_hold_several_dishes_as_near_ones_are_as_frequent_as_far_ones() {
        // When
        double dishes = example.training().stream()
                .mapToLong(row -> Arrays.stream(row)
                        .filter(token -> token == example.tokenizer().endOfDocument())
                        .count())
                .average()
                .orElseThrow();

        // Then: with distances drawn evenly there would be fewer than two
        assertThat(dishes).isBetween(2.3, 5.0);
    }

    @Test
    void the_dishes_begin_with_tokens_of_their_own() {
        assertThat(Arrays.stream(example.answers()).boxed().collect(Collectors.toSet()))
                .hasSize(LongDistance.REGIONS);
    }

    @Test
    void questions_are_told_in_words_that_are_not_learned() {
        // Given
        String learned = example.training().stream()
                .map(row -> example.tokenizer().decode(row))
                .collect(Collectors.joining("\n"));

        // Then
        assertThat(example.questions())
                .allSatisfy(question -> Arrays.stream(question.text().split("，"))
                        .filter(clause -> clause.length() > 6 && !clause.contains("我"))
                        .forEach(clause -> assertThat(learned).doesNotContain("，" + clause + "，")));
    }

    @Test
    void rows_are_full_and_equal_seeds_draw_equal_ones() {
        assertThat(example.training()).hasSize(300).allMatch(row -> row.length == LongDistance.LENGTH);
        assertThat(LongDistance.of(20, 5, 1).training().get(7))
                .isEqualTo(LongDistance.of(20, 5, 1).training().get(7));
        assertThat(LongDistance.of(20, 5, 2).training().get(7))
                .isNotEqualTo(LongDistance.of(20, 5, 1).training().get(7));
    }
}
