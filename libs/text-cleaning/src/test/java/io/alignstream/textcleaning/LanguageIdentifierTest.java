package io.alignstream.textcleaning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LanguageIdentifierTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    en | The city of Chengdu is known for its pandas, and many people visit the park with their children.
                    zh | 成都的熊猫基地很有名，很多人带着孩子来这里看熊猫。
                    zh | 他在 Google 工作了三年，後來回到臺灣開了一家咖啡店。
                    ja | 成都のパンダ基地はとても有名で、多くの人が訪れます。
                    ko | 청두의 판다 기지는 매우 유명합니다.
                    ru | Город Чэнду известен своими пандами, и многие люди приезжают сюда.
                    de | Die Stadt ist für ihre Pandas bekannt und wird von vielen Menschen mit Kindern besucht.
                    fr | La ville est connue pour ses pandas et beaucoup de gens la visitent avec leurs enfants.
                    es | La ciudad es conocida por sus pandas y mucha gente la visita con los niños.
                    it | La città è conosciuta per i suoi panda e molte persone la visitano con i figli della scuola.
                    pt | A cidade é conhecida pelos seus pandas e muitas pessoas não a visitam com os filhos.
                    nl | De stad is bekend om haar panda's en wordt door veel mensen met hun kinderen bezocht.
                    und | 12345 67890 !!!
                    """)
    void tellsLanguagesApart(String code, String text) {
        // When
        LanguageIdentifier.Identified language = LanguageIdentifier.identify(text);

        // Then
        assertThat(language.code()).isEqualTo(code);
        assertThat(language.confidence()).isBetween(code.equals("und") ? 0.0 : 0.4, 1.0);
    }
}
