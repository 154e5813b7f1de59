package io.alignstream.local.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Document;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.input.LastPart;
import io.alignstream.local.project.Project;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunOptionsTest {

    @TempDir
    private Path folder;

    @Test
    void theLastTenthOfATextIsHeldOut() throws Exception {
        // Given
        Path text = folder.resolve("input.txt");
        Files.writeString(text, "0123456789\n".repeat(100));
        LastPart lastTenth = RunOptions.read(Project.ROOT.resolve("runs/tiny-shakespeare.properties"))
                .heldOut();

        // When
        List<Document> documents = new ArrayList<>();
        DocumentSource.of(List.of(text)).heldOut(lastTenth).forEach(documents::add);

        // Then
        assertThat(documents)
                .extracting(Document::labels)
                .containsExactly(Map.of("split", "training"), Map.of("split", "validation"));
        assertThat(documents.getFirst().text()).hasSize(989).endsWith("0123456789");
        assertThat(documents.getLast().text())
                .isEqualTo("0123456789\n".repeat(10).strip());
    }

    @Test
    void settingsBecomeOptionsThatOthersOverride() throws Exception {
        // Given
        Path file = folder.resolve("a.properties");
        Files.writeString(file, "alignstream.pretrain.steps = 5\n# comment\nalignstream.pretrain.depth=2\n");

        // When
        List<String> options = RunOptions.read(file).serviceOptions(List.of("-Dalignstream.pretrain.steps=7"));

        // Then
        assertThat(options)
                .containsExactly(
                        "-Dalignstream.pretrain.depth=2",
                        "-Dalignstream.pretrain.steps=5",
                        "-Dalignstream.pretrain.steps=7");
    }

    @Test
    void saysWhatIsNotForARunFile() throws Exception {
        // Given
        Path file = folder.resolve("a.properties");
        Files.writeString(file, "pretrain.steps=5\n");
        Path share = folder.resolve("b.properties");
        Files.writeString(share, "documents.validation-last=0.9\n");

        // When / Then
        assertThatThrownBy(() -> RunOptions.read(file)).hasMessageContaining("pretrain.steps=5 is not for a run file");
        assertThatThrownBy(() -> RunOptions.read(share)).hasMessageContaining("0.9 but must lie between 0 and 0.5");
    }
}
