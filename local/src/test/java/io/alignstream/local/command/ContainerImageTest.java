package io.alignstream.local.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerImageTest {

    @TempDir
    Path folder;

    @Test
    void whiteouts_take_away_what_lower_layers_have_brought() throws IOException {
        // Given
        layer("lower", "kept/a", "gone", "folder/b", "emptied/c", "emptied/d/e");
        layer("upper", ".wh.gone", ".wh.folder", "emptied/.wh..wh..opq", "emptied/f", "kept/g");
        Files.writeString(folder.resolve("config.json"), "{\"config\":{\"Env\":[\"A=1\"]}}");
        Files.writeString(
                folder.resolve("manifest.json"),
                "[{\"Config\":\"config.json\",\"Layers\":[\"lower.tar\",\"upper.tar\"]}]");
        Path archive = folder.resolve("image.tar");
        tar(archive, folder, "manifest.json", "config.json", "lower.tar", "upper.tar");

        // When
        ContainerImage image = ContainerImage.unpack(archive, folder.resolve("unpacked"));

        // Then
        assertThat(image.texts("Env")).containsExactly("A=1");
        try (var files = Files.walk(image.root())) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> image.root().relativize(file).toString()))
                    .containsExactlyInAnyOrder("kept/a", "kept/g", "emptied/f");
        }
    }

    private void layer(String name, String... files) throws IOException {
        Path content = folder.resolve(name);
        for (String file : files) {
            Files.createDirectories(content.resolve(file).getParent());
            Files.writeString(content.resolve(file), name);
        }
        tar(folder.resolve(name + ".tar"), content, ".");
    }

    private static void tar(Path archive, Path content, String... entries) throws IOException {
        String[] command = new String[5 + entries.length];
        System.arraycopy(
                new String[] {"tar", "--create", "--file=" + archive, "--directory", content.toString()},
                0,
                command,
                0,
                5);
        System.arraycopy(entries, 0, command, 5, entries.length);
        ContainerImage.run(command);
    }
}
