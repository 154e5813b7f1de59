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

    /** All of them hold characters that are bytes of valid UTF-8. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Meet me in front of the CAFÉ’s door.",
                "The sign reads RENÉ® in gold.",
                "The layer is 4 Å— thick, its area 12 Å², its error 5 Å±1.",
                "O SENHOR FALOU COM VOCÊ… e saiu.",
                "Two crates of 6×£4 and a pipe of Ø¾ inch.",
                "She read all of “Zoë…” in one day.",
                "« Il est là », dit-elle. « Déjà ! »",
                "AMANHÃ” disse a IRMÃ’S, MANHÃ—TARDE.",
                "ŘÍŠE, DÁŽE a NÍŽINA; „míš”",
                "Latté—€3, Caffè–£2.50",
                "Ä… Ö… Ü… ich weiß nicht; Ä…Ä…Ä…",
                "Hâlâ…” dedi. Hâlâ”…",
                "¡Olé¡¡",
                "The letter Ã’s name",
                "ÄÖÜß äöüß",
                "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß",
                "ÍÎÏÐ ÑÒÓÔ"
            })
    void leavesProperTextAloneThatHappensToBeBytesOfUtf8(String text) {
        // When
        String repaired = Mojibake.repair(text);

        // Then
        assertThat(repaired).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Pérez, JOSÉ’S MAÑANA… “¡Olé!”",
                "Это русский текст — и ещё одна строка.",
                "Η γλώσσα, 5 μm",
                "zażółć gęślą jaźń",
                "Și oraș, țară",
                "😀 emoji → arrow",
                "שלום עולם",
                "à la carte, Ô Dieu"
            })
    void repairsWholeTextsOfAllScripts(String meant) {
        // Given: a reader that shows the bytes that Windows-1252 does not have as Latin-1 does
        StringBuilder wrong = new StringBuilder();
        for (byte b : meant.getBytes(StandardCharsets.UTF_8)) {
            String shown = new String(new byte[] {b}, WINDOWS_1252);
            wrong.append(shown.equals("\uFFFD") ? String.valueOf((char) (b & 0xFF)) : shown);
        }

        // When
        String repaired = Mojibake.repair(wrong.toString());

        // Then
        assertThat(repaired).isEqualTo(meant);
    }

    @Test
    void repairsInATextThatIsRightElsewhereOnlyWhatIsSure() {
        // Given
        String mixed = "The CAFÉ’s owner, naïve as ever, didnâ€™t say cafÃ© at 20Â°C; Brontë…” he said.";

        // When
        String repaired = Mojibake.repair(mixed);

        // Then
        assertThat(repaired).isEqualTo("The CAFÉ’s owner, naïve as ever, didn’t say café at 20°C; Brontë…” he said.");
    }
}
