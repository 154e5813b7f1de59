package io.alignstream.local.project;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.settings.Setting;
import io.alignstream.local.report.SettingsTable;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * settings.json and docs/settings.md say what the services' {@code …Config} interfaces declare.
 *
 * <p>Both are written anew by {@code ./mvnw -pl local -am test -Dtest=SettingsTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Dsettings.write=true}.
 */
class SettingsTest {

    private static final String CATALOGUE =
            "libs/contracts/src/main/resources/io/alignstream/contracts/settings/settings.json";
    private static final String DOCUMENTATION = "docs/settings.md";
    private static final String WRITE = "the test's -Dsettings.write=true writes it anew";

    private final List<Setting> declared = DeclaredSettings.all();

    @Test
    void the_catalogue_has_what_is_declared() throws IOException {
        // Given
        String expected = declared.stream().map(SettingsTest::json).collect(Collectors.joining(",\n", "[\n", "\n]\n"));
        writeIfAsked(CATALOGUE, expected);

        // When
        String catalogue = Project.text(CATALOGUE);

        // Then
        assertThat(catalogue).as(WRITE).isEqualTo(expected);
    }

    @Test
    void the_documentation_has_what_is_declared() throws IOException {
        // Given
        String expected = SettingsTable.markdown(declared);
        writeIfAsked(DOCUMENTATION, expected);

        // When
        String documentation = Project.text(DOCUMENTATION);

        // Then
        assertThat(documentation).as(WRITE).isEqualTo(expected);
    }

    private static void writeIfAsked(String path, String content) throws IOException {
        if (Boolean.getBoolean("settings.write")) {
            Files.writeString(Project.ROOT.resolve(path), content);
        }
    }

    private static String json(Setting setting) {
        try {
            return JsonMapper.builder().build().writeValueAsString(setting);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }
}
