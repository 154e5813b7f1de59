package io.alignstream.local.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.exchange.ExportFormat;
import io.alignstream.local.site.LaunchException;
import io.alignstream.training.retention.Registry;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which model is exported where nobody names one: not the files' ages decide, but what the topics say. */
class ExportCommandTest {

    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final List<ModelRelease> releases = new ArrayList<>();

    private Reference finished(Stage stage, String run) {
        Reference reference = new Reference(URI.create("file:/" + stage.id() + "/" + run), Sha256.hex(run), 1);
        checkpoints.add(new Checkpoint(stage, run, 1, reference, Map.of(), List.of(), Map.of()));
        return reference;
    }

    private void decided(Reference reference, Verdict verdict) {
        releases.add(new ModelRelease("alignstream", verdict, reference, "run", Map.of(), "for a test"));
    }

    private Reference newest(ExportFormat format) {
        return ExportCommand.newest(new Registry(checkpoints, releases), format);
    }

    @Test
    void whatIsServedGoesBeforeAllThatIsNot() {
        // Given
        Reference sft = finished(Stage.SFT, "sft-1");
        Reference approved = finished(Stage.RLHF, "rlhf-1");
        Reference later = finished(Stage.RLHF, "rlhf-2");
        Reference rejected = finished(Stage.RLHF, "rlhf-3");
        decided(later, Verdict.ROLLED_BACK);
        decided(approved, Verdict.APPROVED);
        decided(rejected, Verdict.REJECTED);

        // When
        Reference model = newest(ExportFormat.GGUF);

        // Then
        assertThat(model).isEqualTo(approved);
        assertThat(newest(ExportFormat.PEFT)).isEqualTo(sft);
    }

    @Test
    void withoutAReleaseTheSftModelThatWasPublishedLastIsTaken() {
        // Given
        finished(Stage.PRETRAIN, "base-1");
        finished(Stage.SFT, "sft-1");
        Reference last = finished(Stage.SFT, "sft-2");
        decided(finished(Stage.RLHF, "rlhf-1"), Verdict.REJECTED);

        // When
        Reference model = newest(ExportFormat.HUGGINGFACE);

        // Then
        assertThat(model).isEqualTo(last);
    }

    @Test
    void withoutAnythingItSaysHowToGetAModel() {
        assertThatThrownBy(() -> newest(ExportFormat.GGUF))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("./alignstream train");
    }
}
