package io.alignstream.contracts.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsCatalogueTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alignstream.sft.epochs",
                "alignstream.links.sft",
                "alignstream.tokenizer.cleaning.rules.\"gopher-words\"",
                "ALIGNSTREAM_SFT_EPOCHS",
                "ALIGNSTREAM_SFT_LORA_RANK",
                "ALIGNSTREAM_S3_ENDPOINT",
                "quarkus.http.port"
            })
    void settings_and_the_names_of_others_pass(String name) {
        // When
        List<String> problems = SettingsCatalogue.problems(Stream.of(name));

        // Then
        assertThat(problems).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "alignstream.sft.epoch, alignstream.sft.epochs",
        "alignstream.pretran.steps, alignstream.pretrain.steps",
        "alignstream.rlhf.training.kl.coeficient, alignstream.rlhf.training.kl.coefficient",
        "ALIGNSTREAM_SFT_EPOCH, ALIGNSTREAM_SFT_EPOCHS"
    })
    void a_misspelled_name_is_told_the_nearest_one(String name, String nearest) {
        // When
        List<String> problems = SettingsCatalogue.problems(Stream.of(name));

        // Then
        assertThat(problems).containsExactly(name + " is not a setting; the nearest one is " + nearest);
    }

    @ParameterizedTest
    @CsvSource({
        "alignstream.reward.quiet, alignstream.reward.debounce",
        "alignstream.rlhf.training.batch, alignstream.rlhf.training.batch-episodes",
        "ALIGNSTREAM_RLHF_CHECKPOINT_ITERATIONS, ALIGNSTREAM_RLHF_CHECKPOINT_EVERY"
    })
    void a_former_name_is_told_the_new_one(String former, String name) {
        // When
        List<String> problems = SettingsCatalogue.problems(Stream.of(former));

        // Then
        assertThat(problems).containsExactly(former + " is called " + name + " now");
    }

    @Test
    void every_problem_has_its_line_once() {
        // Given
        Stream<String> names = Stream.of("alignstream.b", "alignstream.a", "alignstream.b");

        // When
        List<String> problems = SettingsCatalogue.problems(names);

        // Then
        assertThat(problems).hasSize(2).isSorted();
    }
}
