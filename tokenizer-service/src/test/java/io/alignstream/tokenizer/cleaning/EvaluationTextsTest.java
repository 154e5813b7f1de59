package io.alignstream.tokenizer.cleaning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Decontamination;
import io.alignstream.textcleaning.Rule;
import io.alignstream.textcleaning.TextCleaner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTextsTest {

    private static final String QUESTION =
            "Which of the two rivers that meet below the old town carries more water in an ordinary summer?";
    private static final String CHINESE_QUESTION = "老城下面汇合的两条河当中，哪一条在普通的夏天里水量更大一些？";

    @TempDir
    private Path folder;

    @Test
    void documentsThatShareATextOfAnyFileAreDropped() throws IOException {
        // Given
        Path lines = Files.writeString(folder.resolve("questions.txt"), "short\n\n" + QUESTION + "\n");
        Path json = Files.writeString(
                folder.resolve("exam.jsonl"),
                "{\"item\": {\"choices\": [\"a\", \"" + CHINESE_QUESTION + "\"]}, \"answer\": 1}\n");

        // When
        TextCleaner cleaner = cleaner(EvaluationTexts.read(List.of(lines, json)));

        // Then
        assertThat(List.of("He asked: " + QUESTION + " Nobody knew.", "试题：" + CHINESE_QUESTION))
                .allSatisfy(text -> assertThat(cleaner.clean(text))
                        .isInstanceOfSatisfying(TextCleaner.Dropped.class, dropped -> assertThat(dropped.rule())
                                .isEqualTo(Rule.CONTAMINATED)));
        assertThat(cleaner.clean("This is a short text about two rivers in summer."))
                .isInstanceOf(TextCleaner.Kept.class);
    }

    @Test
    void filesThatCannotBeReadAreRefused() throws IOException {
        // Given
        Path missing = folder.resolve("missing.txt");
        Path broken = Files.writeString(folder.resolve("broken.jsonl"), "{\"text\": \"x\"}\n{\"text\": \n");
        Path latin = Files.write(folder.resolve("latin.txt"), new byte[] {'c', 'a', 'f', (byte) 0xE9, '\n'});

        // When / Then
        assertThatThrownBy(() -> EvaluationTexts.read(List.of(missing))).hasMessageContaining("missing.txt");
        assertThatThrownBy(() -> EvaluationTexts.read(List.of(broken)))
                .hasMessageContaining("broken.jsonl")
                .hasMessageContaining("not JSON");
        assertThatThrownBy(() -> EvaluationTexts.read(List.of(latin))).hasMessageContaining("latin.txt");
        assertThat(EvaluationTexts.read(List.of())).isEqualTo(Decontamination.NONE);
    }

    private static TextCleaner cleaner(Decontamination evaluation) {
        return new TextCleaner(CleaningProfile.of("plain", Map.of(), Set.of()), evaluation);
    }
}
