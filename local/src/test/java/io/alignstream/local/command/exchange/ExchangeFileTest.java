package io.alignstream.local.command.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.alignstream.local.RecordingConsole;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExchangeFileTest {

    @TempDir
    private Path folder;

    @Test
    void aFileThatCannotBeFinishedIsNotThere() {
        // When
        Throwable failure = catchThrowable(() -> ExchangeFile.write(
                List.of(1, 2),
                event -> {
                    if (event == 2) {
                        throw new IllegalStateException("killed");
                    }
                    return List.of(JsonNodeFactory.instance.objectNode().put("event", event));
                },
                "instructions",
                folder.resolve("file.jsonl"),
                new RecordingConsole().console()));

        // Then
        assertThat(failure).hasMessage("killed");
        assertThat(folder).isEmptyDirectory();
    }
}
