package io.alignstream.local.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.local.evaluation.Evaluation;
import io.alignstream.local.world.AnnotatorPopulation;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoReportTest {

    @TempDir
    Path folder;

    @Test
    void writesWhatTheIssueOfTheReportNames() throws Exception {
        // Given
        Path file = folder.resolve("new folder/report.json");

        // When
        report().write(file);

        // Then
        JsonNode json = JsonMapper.builder().build().readTree(file.toFile());
        assertThat(json.get("seed").asLong()).isEqualTo(3);
        assertThat(json.get("totalSeconds").asDouble()).isEqualTo(123.5);
        assertThat(json.get("peakResidentBytes").asLong()).isEqualTo(5L << 30);
        JsonNode stage = json.get("stages").get(0);
        assertThat(stage.get("stage").asText()).isEqualTo("pretrain");
        assertThat(stage.get("tokens").asLong()).isEqualTo(1_000_000);
        assertThat(stage.has("episodes")).isFalse();
        assertThat(stage.get("checkpoint").get("uri").asText()).isEqualTo("file:///store/a");
        assertThat(stage.get("checkpoint").get("sha256").asText()).hasSize(64);
        assertThat(json.at("/associationTable/0/probabilities/熊猫基地").asDouble()).isEqualTo(0.9);
        assertThat(json.at("/samples/0/inFamily").asInt()).isEqualTo(199);
        assertThat(json.at("/samples/0/temperature").asDouble()).isEqualTo(1);
        assertThat(json.at("/samples/0/answers/外滩").asInt()).isEqualTo(1);
        assertThat(json.at("/splits/0/styleAccuracy/aligned").asDouble()).isEqualTo(0.95);
        assertThat(json.at("/served/answer").asText()).isEqualTo("熊猫基地");
    }

    @Test
    void readsWhatItWrote() {
        // Given
        Path file = folder.resolve("report.json");
        report().write(file);

        // When / Then
        assertThat(DemoReport.read(file)).isEqualTo(report());
    }

    @Test
    void alignsColumnsOfIdeographs() {
        // When
        List<String> lines = Tables.associations(report().associationTable());

        // Then
        assertThat(lines).hasSize(2);
        assertThat(Tables.width(lines.get(0).substring(0, lines.get(0).indexOf("熊猫基地"))))
                .isEqualTo(Tables.width(lines.get(1).substring(0, lines.get(1).indexOf("0.900"))));
    }

    @Test
    void showsWhatWasSampledAndLearned() {
        // When
        List<String> samples = Tables.samples(report().samples());
        List<String> stages = Tables.stages(List.of(new DemoReport.StageResult(
                "reward",
                10,
                null,
                500L,
                50.0,
                Map.of(),
                new DemoReport.Artefact(URI.create("file:///store/a"), "ab".repeat(32), "cd".repeat(32)))));

        // Then
        assertThat(samples.getLast()).contains("199", "熊猫基地 199, 外滩 1");
        assertThat(stages.getLast()).contains("500 rankings");
    }

    @Test
    void saysWhoseJudgementItIs() {
        // When
        List<String> lines = Tables.annotation(report().annotation());

        // Then
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).contains("No person", "8 simulated annotators", "0.4 to 1.2", "3 have a taste");
        assertThat(lines.get(1)).contains("3,072 recorded", "287 of answers that the SFT model sampled");
        assertThat(lines.get(2)).contains("256 requests", "α 0.71", "W –");
    }

    private static DemoReport report() {
        SequencedMap<String, Double> probabilities = new LinkedHashMap<>();
        probabilities.put("熊猫基地", 0.9);
        probabilities.put("大熊猫繁殖基地", 0.1);
        SequencedMap<String, Integer> answers = new LinkedHashMap<>();
        answers.put("熊猫基地", 199);
        answers.put("外滩", 1);
        return new DemoReport(
                3,
                123.5,
                2,
                5L << 30,
                List.of(new DemoReport.StageResult(
                        "pretrain",
                        100,
                        1_000_000L,
                        null,
                        10_000.0,
                        Map.of("loss", 0.3),
                        new DemoReport.Artefact(URI.create("file:///store/a"), "ab".repeat(32), "cd".repeat(32)))),
                List.of(new Evaluation.Association("aligned", "成都有啥必去的地方啊", probabilities)),
                List.of(new Evaluation.Samples("sft", "成都必去景点", 1, 200, 199, answers)),
                List.of(new Evaluation.SplitFigures(
                        "ranked", false, 10, Map.of("sft", 1.0, "aligned", 1.0), Map.of("sft", 0.5, "aligned", 0.95))),
                new DemoReport.Annotation(AnnotatorPopulation.annotators(), 3_072, 287, 256, 0.71, null),
                new DemoReport.Served("alignstream", "ab".repeat(32), "成都有啥必去的地方啊", "熊猫基地"));
    }
}
