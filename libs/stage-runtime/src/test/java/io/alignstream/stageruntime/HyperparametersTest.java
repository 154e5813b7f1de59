package io.alignstream.stageruntime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HyperparametersTest {

    /** A configuration with a group. */
    public interface Settings {
        int epochs();

        Duration quiet();

        Inner inner();

        /** A group. */
        interface Inner {
            double rate();
        }
    }

    @Test
    void hyperparametersAreTheValuesOfTheMappingByName() {
        // Given
        Settings settings = new Settings() {
            @Override
            public int epochs() {
                return 3;
            }

            @Override
            public Duration quiet() {
                return Duration.ofSeconds(2);
            }

            @Override
            public Inner inner() {
                return () -> 1e-4;
            }
        };

        // When, then
        assertThat(Hyperparameters.of(Settings.class, settings))
                .isEqualTo(Map.of("epochs", "3", "quiet", "PT2S", "inner.rate", "1.0E-4"));
    }
}
