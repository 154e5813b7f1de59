package io.alignstream.tokenizer.vocabulary;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.tokenizer.vocabulary.VocabularyBrowser.Entry;
import io.alignstream.tokenizer.vocabulary.VocabularyBrowser.Kind;
import io.alignstream.tokenizer.vocabulary.VocabularyBrowser.Order;
import io.alignstream.tokenizer.vocabulary.VocabularyBrowser.Page;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VocabularyBrowserTest {

    private static final BpeTrainer TRAINER = new BpeTrainer(400);
    private static final Tokenizer TOKENIZER = TRAINER.train(Stream.of("上海外滩上海", "上海 Shanghai", "in Shanghai", "外滩上"));
    private static final VocabularyBrowser BROWSER = new VocabularyBrowser(TOKENIZER, TRAINER.frequencies());

    @Test
    void tokensAreFoundInAnyCaseAndOrdered() {
        // Given
        String search = "SHANGHAI";

        // When
        Page longest = BROWSER.find(search, Order.LENGTH, 0);
        Page frequent = BROWSER.find("", Order.FREQUENCY, 0);

        // Then
        assertThat(longest.tokens()).extracting(Entry::text).containsExactly(" Shanghai");
        assertThat(longest.tokens().getFirst().characters()).isEqualTo(9);
        assertThat(frequent.tokens().getFirst().text()).isEqualTo("上海");
        assertThat(frequent.tokens().getFirst().frequency()).isEqualTo(3);
        assertThat(frequent.tokens().getFirst().bytes()).isEqualTo(6);
    }

    @Test
    void pagesAreBoundedAndTogetherHoldEveryToken() {
        // Given
        int tokens = TOKENIZER.vocabularySize();

        // When
        Page last = BROWSER.find("", Order.ID, Integer.MAX_VALUE);

        // Then
        assertThat(last.matches()).isEqualTo(tokens).isEqualTo(last.vocabularySize());
        assertThat(last.page()).isEqualTo(last.pages() - 1);
        assertThat((last.pages() - 1) * VocabularyBrowser.PAGE + last.tokens().size())
                .isEqualTo(tokens);
        assertThat(BROWSER.find("没有", Order.ID, -1).tokens()).isEmpty();
    }

    @Test
    void controlTokensAndBytesAreNamedForWhatTheyAre() {
        // Given
        int letterA = TOKENIZER.pad() + 1 + 'A';

        // When
        List<Entry> entries = List.of(BROWSER.entry(TOKENIZER.pad()), BROWSER.entry(letterA));

        // Then
        assertThat(entries).extracting(Entry::kind).containsExactly(Kind.CONTROL, Kind.BYTE);
        assertThat(entries).extracting(Entry::text).containsExactly("<|pad|>", "A");
    }

    @Test
    void frequenciesAreStoredBesideTheTokenizer(@TempDir Path folder) throws Exception {
        // Given
        long[] frequencies = TRAINER.frequencies();

        // When
        TokenFrequencies.write(folder, frequencies);

        // Then
        assertThat(TokenFrequencies.read(folder)).contains(frequencies);
        assertThat(TokenFrequencies.read(folder.resolve("older"))).isEmpty();
    }
}
