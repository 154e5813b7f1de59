package io.alignstream.local.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Stage;
import io.alignstream.local.service.JobStatus;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StageViewTest {

    private static final String RUNNING =
            """
            {"stage":"pretrain","service":"pretrain-service","state":"running","reason":{"code":"sft.noBase"},"run":"r","title":{"code":"sft.noBase"},
             "phase":"train","step":250,"totalSteps":500,"etaSeconds":83.2,
             "metrics":{"loss":1.25,"tokensPerSecond":11234.5,"gradientNorm":0.1},"attempts":1,"lastFailure":null}""";

    private static final String WAITING =
            """
            {"stage":"sft","service":"sft-service","state":"waiting","reason":{"code":"sft.noBase","arguments":{},"text":"ignored"},"run":null,
             "title":null,"phase":null,"step":0,"totalSteps":0,"etaSeconds":null,"metrics":{},"attempts":0,
             "lastFailure":null,"addedLater":1}""";

    @Test
    void showsBarFiguresAndTimeLeftOfARunningStage() throws Exception {
        // When
        String line = new StageView(Stage.PRETRAIN, false, job(RUNNING), 1).line();

        // Then
        assertThat(line)
                .contains("pretrain", "██████████░░░░░░░░░░", "50 %", "train", "loss 1.250", "11,23", "ETA 1:24");
    }

    @Test
    void saysHowManyWorkersThereAre() throws Exception {
        // When
        String line = new StageView(Stage.PRETRAIN, false, job(RUNNING), 3).line();

        // Then
        assertThat(line).contains("3 workers");
    }

    @Test
    void saysWhyAStageWaits() throws Exception {
        // When
        String line = new StageView(Stage.SFT, false, job(WAITING), 1).line();

        // Then
        assertThat(line).contains("sft", "waiting for a base model");
    }

    @Test
    void marksAStageThatHasDelivered() {
        // When
        String line = new StageView(Stage.SFT, true, Optional.empty(), 1).line();

        // Then
        assertThat(line).contains("✓", "done");
    }

    private static Optional<JobStatus> job(String json) throws Exception {
        return Optional.of(JsonMapper.builder().build().readValue(json, JobStatus.class));
    }
}
