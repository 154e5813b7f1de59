package io.alignstream.textcleaning;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MojibakeTest {

    private static final Charset WINDOWS_1252 = Charset.forName("windows-1252");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "It’s a ‘quoted’ café – déjà vu…",
                "naïve Ångström €100",
                "Mixed: the word café and the rest in plain ASCII."
            })
    void repairsUtf8ThatWasReadAsWindows1252(String meant) {
        // Given
        String wrong = new String(meant.getBytes(StandardCharsets.UTF_8), WINDOWS_1252);

        // When
        String repaired = Mojibake.repair(wrong);

        // Then
        assertThat(repaired).isEqualTo(meant);
    }

    @Test
    void repairsWhatWentWrongTwice() {
        // Given
        String once = new String("café’s".getBytes(StandardCharsets.UTF_8), WINDOWS_1252);
        String twice = new String(once.getBytes(StandardCharsets.UTF_8), WINDOWS_1252);

        // When
        String repaired = Mojibake.repair(twice);

        // Then
        assertThat(repaired).isEqualTo("café’s");
    }

    @Test
    void repairsChineseOfBothKinds() {
        // Given
        String meant = "今天来上海出差了。我在外滩喝咖啡。";
        String utf8AsLatin1 = new String(meant.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        String gbkAsLatin1 = new String(meant.getBytes(Charset.forName("GBK")), StandardCharsets.ISO_8859_1);

        // When
        String fromUtf8 = Mojibake.repair(utf8AsLatin1);
        String fromGbk = Mojibake.repair(gbkAsLatin1);

        // Then
        assertThat(fromUtf8).isEqualTo(meant);
        assertThat(fromGbk).isEqualTo(meant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Ça va très bien, merci à vous; où est le château d’été?",
                "Größe, Maß, Äpfel und Öl für 20 °C ± 1 €",
                "El niño comió piñas en Perú. ¿Qué tal?",
                "São Paulo, não há pão",
                "今天来上海出差了。",
                "“Quotes” — dashes… and ©, ®, ™",
                "ЯЗЫК и Ελληνικά"
            })
    void leavesProperTextAlone(String text) {
        // When
        String repaired = Mojibake.repair(text);

        // Then
        assertThat(repaired).isSameAs(text).isEqualTo(text);
    }
}
