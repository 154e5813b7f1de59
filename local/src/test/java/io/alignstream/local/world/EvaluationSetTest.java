package io.alignstream.local.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.local.project.Project;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class EvaluationSetTest {

    private static final Pattern TEXT = Pattern.compile("'([^']*)'");

    /** Shares are of the candidates that are compared, so other candidates would be other figures. */
    @Test
    void theExplorerAsksWhatTheReportAsks() {
        // Given
        EvaluationSet set = EvaluationSet.of(World.load());
        String view = Project.text(
                "inference-service/src/main/resources/META-INF/resources/inference/explorer/candidates-view.js");

        // When
        String preset = view.split("const CHENGDU = \\[")[1].split("]")[0];
        List<String> candidates =
                TEXT.matcher(preset).results().map(result -> result.group(1)).toList();
        List<String> presets = Pattern.compile("prompt: '([^']*)', separator: '([^']*)', candidates: CHENGDU")
                .matcher(view)
                .results()
                .map((MatchResult result) -> result.group(1))
                .toList();

        // Then
        assertThat(candidates).isEqualTo(set.candidates());
        assertThat(presets)
                .isEqualTo(set.associations().stream()
                        .map(EvaluationSet.Association::prompt)
                        .distinct()
                        .toList());
        assertThat(view)
                .contains("prompt: '" + EvaluationSet.BASE_PROMPT + "', separator: '" + EvaluationSet.BASE_SEPARATOR
                        + "', candidates: CHENGDU");
    }
}
