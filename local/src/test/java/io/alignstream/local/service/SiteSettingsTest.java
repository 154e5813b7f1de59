package io.alignstream.local.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.settings.SettingsCatalogue;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SiteSettingsTest {

    @ParameterizedTest
    @CsvSource({
        "alignstream.sft.epochs, 9, true", // the last option counts, before the environment
        "alignstream.sft.learning-rate, 0.5, true", // the environment, before the default
        "alignstream.sft.warmup-share, 0.1, false",
        "alignstream.sft.seed, 7, false", // the default is the site's seed
        "alignstream.seed, 7, true"
    })
    void a_value_is_what_the_services_run_with(String name, String value, boolean differs) {
        // Given
        Site site = site("-Dalignstream.sft.epochs=8", "-Dalignstream.sft.epochs=9", "-Xmx1g");
        Map<String, String> environment = Map.of("ALIGNSTREAM_SFT_EPOCHS", "3", "ALIGNSTREAM_SFT_LEARNING_RATE", "0.5");

        // When
        SiteSettings settings = new SiteSettings(site, environment);

        // Then
        var setting = SettingsCatalogue.find(name).orElseThrow();
        assertThat(settings.of(setting)).isEqualTo(Map.of(name, value));
        assertThat(settings.differs(setting)).isEqualTo(differs);
    }

    @Test
    void a_name_that_no_service_knows_is_refused() {
        // Given
        SiteSettings settings = new SiteSettings(site("-Dalignstream.pretran.steps=5"), Map.of());

        // When, then
        assertThatThrownBy(settings::requireKnownNames)
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining(
                        "alignstream.pretran.steps is not a setting; the nearest one is alignstream.pretrain.steps");
    }

    @ParameterizedTest
    @CsvSource({
        "kafka.sasl.jaas.config, KAFKA_SASL_JAAS_CONFIG",
        "kafka.ssl.keystore.password, KAFKA_SSL_KEYSTORE_PASSWORD",
        "quarkus.oidc.credentials.secret, QUARKUS_OIDC_CREDENTIALS_SECRET",
        "quarkus.http.ssl.certificate.key-store-password, QUARKUS_HTTP_SSL_CERTIFICATE_KEY_STORE_PASSWORD"
    })
    void a_secret_is_no_option_as_it_would_stand_on_command_lines(String name, String variable) {
        // Given
        SiteSettings settings = new SiteSettings(site("-D" + name + "=swordfish"), Map.of());

        // When, then
        assertThatThrownBy(settings::requireKnownNames)
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining(name)
                .hasMessageContaining(variable)
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("swordfish"));
    }

    @Test
    void what_only_speaks_of_credentials_is_an_option() {
        // Given
        SiteSettings settings =
                new SiteSettings(site("-Dquarkus.http.cors.access-control-allow-credentials=false"), Map.of());

        // When, then
        assertThatCode(settings::requireKnownNames).doesNotThrowAnyException();
    }

    private static Site site(String... options) {
        return new Site(Path.of("/site"), 20_000, 7, List.of(options));
    }
}
