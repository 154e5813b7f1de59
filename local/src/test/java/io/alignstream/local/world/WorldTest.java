package io.alignstream.local.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.text.Normalizer;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WorldTest {

    private final World world = World.load();

    @Test
    void splitsTheCitiesAsTheExperimentsNeedThem() {
        assertThat(world.cities()).hasSize(54);
        assertThat(world.cities(Split.RANKED))
                .hasSize(32)
                .extracting(City::name)
                .contains("成都", "上海", "北京");
        assertThat(world.cities(Split.NOT_RANKED)).hasSize(10);
        assertThat(world.cities(Split.PRETRAIN_ONLY)).hasSize(6);
        assertThat(world.cities(Split.TEST)).hasSize(6);
    }

    @Test
    void knowsTheLandmarksOfTheWorkedExample() {
        assertThat(world.city("成都").landmark()).isEqualTo(new Sight("熊猫基地", "大熊猫繁殖基地"));
        assertThat(world.city("成都").sights().get(1).shortName()).isEqualTo("宽窄巷子");
        assertThat(world.city("成都").dishes()).startsWith("火锅");
        assertThat(world.city("北京").landmark()).isEqualTo(new Sight("长城", "八达岭长城"));
    }

    @Test
    void namesSurviveTheCleanersNormalisation() {
        assertThat(world.cities().stream().flatMap(City::names)).allSatisfy(name -> assertThat(name)
                .isEqualTo(Normalizer.normalize(name, Normalizer.Form.NFC).strip())
                .doesNotContain("{", "：", " ", "\n"));
    }

    @Test
    void refusesANameThatStandsTwice() {
        // Given
        City city = world.city("成都");

        // When // Then
        assertThatThrownBy(() -> new World(List.of(city, city))).hasMessageContaining("成都 stands twice");
    }

    @Test
    void refusesACityWithoutALandmarkOrWithNamesOutOfBounds() {
        assertThatThrownBy(
                        () -> new City("成都", Split.RANKED, "四川", List.of("德阳", "眉山"), List.of(), List.of("火锅", "担担面")))
                .hasMessageContaining("sights of 成都");
        assertThatThrownBy(() -> new Sight("外", "外滩风景区")).hasMessageContaining("2 to 6 characters");
        assertThatThrownBy(() -> new Sight("外滩外滩", "外滩外滩")).hasMessageContaining("both 外滩外滩");
    }

    @Test
    void candidatesOfTheTableAreNamesOfTheWorldWithoutRepetition() {
        // When
        EvaluationSet evaluation = EvaluationSet.of(world);

        // Then
        assertThat(evaluation.candidates())
                .doesNotHaveDuplicates()
                .startsWith("熊猫基地", "大熊猫繁殖基地", "宽窄巷子", "火锅", "长城")
                .contains("锦里", "锦里古街", "武侯祠", "武侯祠博物馆", "宽窄巷子历史文化街区");
        assertThat(world.cities().stream().flatMap(City::names).collect(Collectors.toSet()))
                .containsAll(evaluation.candidates());
    }

    @Test
    void stylePromptsCoverEverySplitInBothRegisters() {
        // When
        EvaluationSet evaluation = EvaluationSet.of(world);

        // Then
        for (Split split : Split.values()) {
            assertThat(evaluation.stylePrompts(split, false))
                    .hasSize(world.cities(split).size() * 32);
            assertThat(evaluation.stylePrompts(split, true))
                    .hasSize(world.cities(split).size() * 10);
        }
        assertThat(evaluation.stylePrompts())
                .allSatisfy(prompt -> assertThat(prompt.accepted()).hasSize(2).contains(prompt.styled()));
        assertThat(evaluation.stylePrompts())
                .filteredOn(prompt -> prompt.prompt().equals("请推荐成都必去景点（书面报告用）"))
                .singleElement()
                .extracting(EvaluationSet.StylePrompt::styled)
                .isEqualTo("大熊猫繁殖基地");
        assertThat(evaluation.stylePrompts())
                .filteredOn(prompt -> prompt.prompt().equals("成都有啥必去的地方啊"))
                .singleElement()
                .extracting(EvaluationSet.StylePrompt::styled)
                .isEqualTo("熊猫基地");
    }

    @Test
    void questionsAreDistinctAcrossRegisters() {
        // When
        Questions questions = Questions.load();

        // Then
        assertThat(questions.neutral()).hasSizeGreaterThanOrEqualTo(8);
        assertThat(questions.colloquial()).hasSizeGreaterThanOrEqualTo(6);
        assertThat(questions.formal()).hasSizeGreaterThanOrEqualTo(6);
        assertThat(Stream.of(
                                questions.neutral(),
                                questions.colloquial(),
                                questions.formal(),
                                questions.newColloquial(),
                                questions.newFormal())
                        .flatMap(List::stream))
                .doesNotHaveDuplicates();
    }
}
