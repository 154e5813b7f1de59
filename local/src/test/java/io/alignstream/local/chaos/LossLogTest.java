package io.alignstream.local.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LossLogTest {

    private final LossLog undisturbed = new LossLog(new TreeMap<>(), new ArrayList<>());
    private final LossLog disturbed = new LossLog(new TreeMap<>(), new ArrayList<>());

    @Test
    void aLossThatDiffersInItsLastBitIsFoundAndOneThatNobodyRemembersIsNone() {
        // Given
        undisturbed.add(1, 2.5, "a");
        undisturbed.add(2, 2.25, "a");
        undisturbed.add(3, 2.0, "a");
        disturbed.add(1, 2.5, "b");
        disturbed.add(3, Math.nextUp(2.0), "c");

        // When
        var findings = disturbed.findings(undisturbed);

        // Then
        assertThat(findings).singleElement().asString().contains("step 3", "2.0000000000000004");
        assertThat(disturbed.inCommon(undisturbed)).isEqualTo(2);
    }

    @Test
    void workersThatRememberAStepOtherwiseContradictEachOther() {
        // Given
        undisturbed.add(1, 2.5, "a");
        disturbed.add(1, 2.5, "b");
        disturbed.add(1, 2.75, "c");

        // When
        var findings = disturbed.findings(undisturbed);

        // Then
        assertThat(findings).singleElement().asString().contains("step 1", "2.75 at c");
    }
}
