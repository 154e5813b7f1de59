package io.alignstream.local.lessons.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WordsOfNumbersAndDaysTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0|零|zero",
                "7|七|seven",
                "10|十|ten",
                "13|十三|thirteen",
                "20|二十|twenty",
                "45|四十五|forty-five",
                "101|一百零一|one hundred one",
                "110|一百一十|one hundred ten",
                "1005|一千零五|one thousand five",
                "12345|一万二千三百四十五|twelve thousand three hundred forty-five",
                "100010|十万零一十|one hundred thousand ten",
                "1000200|一百万零二百|one million two hundred",
                "3040506|三百零四万零五百零六|three million forty thousand five hundred six",
                "20000000|二千万|twenty million"
            })
    void numbers_are_said_as_people_say_them(int number, String chinese, String english) {
        assertThat(NumberWords.chinese(number)).isEqualTo(chinese);
        assertThat(NumberWords.english(number)).isEqualTo(english);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 100_000_000})
    void numbers_beyond_the_words_are_refused(int number) {
        assertThatThrownBy(() -> NumberWords.chinese(number)).hasMessageContaining(Integer.toString(number));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1900-01-01|一九〇〇年一月一日|January first, nineteen hundred",
                "1984-03-05|一九八四年三月五日|March fifth, nineteen eighty-four",
                "1907-12-20|一九〇七年十二月二十日|December twentieth, nineteen oh seven",
                "2000-02-29|二〇〇〇年二月二十九日|February twenty-ninth, two thousand",
                "2008-08-08|二〇〇八年八月八日|August eighth, two thousand eight",
                "2024-10-31|二〇二四年十月三十一日|October thirty-first, twenty twenty-four"
            })
    void days_are_said_as_people_say_them(LocalDate day, String chinese, String english) {
        assertThat(DateWords.chinese(day)).isEqualTo(chinese);
        assertThat(DateWords.english(day)).isEqualTo(english);
    }

    @Test
    void no_two_numbers_are_said_alike() {
        // Given
        Set<String> chinese = new HashSet<>();
        Set<String> english = new HashSet<>();

        // When
        int count = 0;
        for (int number = 0; number < 2_000_000; number += 37) {
            chinese.add(NumberWords.chinese(number));
            english.add(NumberWords.english(number));
            count++;
        }

        // Then
        assertThat(chinese).hasSize(count);
        assertThat(english).hasSize(count);
    }

    @Test
    void no_pair_of_the_test_or_of_validation_is_learned_and_equal_seeds_give_equal_pairs() {
        // When
        Pairs pairs = Pairs.of(20_800, 3);

        // Then
        List<Pair> held = Stream.of(pairs.validation(), pairs.test())
                .flatMap(some -> Stream.concat(some.numbers().stream(), some.days().stream()))
                .toList();
        assertThat(new HashSet<>(pairs.training()))
                .hasSize(pairs.training().size())
                .hasSizeGreaterThan(19_100)
                .doesNotContainAnyElementsOf(held);
        assertThat(held)
                .doesNotHaveDuplicates()
                .hasSize(20_800 - pairs.training().size());
        assertThat(pairs.test().numbers())
                .hasSizeGreaterThan(400)
                .hasSameSizeAs(pairs.validation().numbers());
        assertThat(Pairs.of(500, 3)).isEqualTo(Pairs.of(500, 3)).isNotEqualTo(Pairs.of(500, 4));
    }

    @Test
    void brief_numbers_are_learned_and_not_all_kept_for_the_test() {
        // Given
        Set<Pair> learned = new HashSet<>(Pairs.of(50_000, 1).training());

        // When
        long brief = IntStream.range(10, 100)
                .filter(number -> learned.contains(new Pair(NumberWords.chinese(number), NumberWords.english(number))))
                .count();

        // Then: two in 25 of 90 are kept, give or take
        assertThat(brief).isGreaterThan(74);
    }

    @Test
    void a_texts_words_make_the_text_again() {
        // Given
        List<Pair> pairs = Pairs.of(2_000, 1).training();
        WordList words = WordList.of(pairs);

        // Then
        assertThat(pairs).allSatisfy(pair -> {
            assertThat(words.text(words.ids(pair.chinese()))).isEqualTo(pair.chinese());
            assertThat(words.text(words.ids(pair.english()))).isEqualTo(pair.english());
        });
        assertThatThrownBy(() -> words.ids("hello")).hasMessageContaining("hello was never seen");
    }
}
