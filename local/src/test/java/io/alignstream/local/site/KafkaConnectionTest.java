package io.alignstream.local.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaConnectionTest {

    @TempDir
    Path folder;

    private KafkaConnection read(String text) throws IOException {
        return KafkaConnection.read(Files.writeString(folder.resolve("client.properties"), text));
    }

    @Test
    void servicesGetAllButTheAddressesAsVariables() throws IOException {
        // When
        KafkaConnection connection = read("bootstrap.servers=one:9093,two:9093\nsasl.jaas.config=a secret;\n");

        // Then
        assertThat(connection.servers()).isEqualTo("one:9093,two:9093");
        assertThat(connection.environment()).containsExactly(Map.entry("KAFKA_SASL_JAAS_CONFIG", "a secret;"));
        assertThat(connection.with(Map.of("acks", "all")))
                .containsEntry("sasl.jaas.config", "a secret;")
                .containsEntry("acks", "all");
    }

    @Test
    void whatIsPrintedHoldsNoPassword() throws IOException {
        assertThat(read("bootstrap.servers=one:9093\nsasl.jaas.config=a secret;\n"))
                .hasToString("one:9093");
    }

    @Test
    void aFileThatDoesNotExistIsSaidToBeMissing() {
        assertThatThrownBy(() -> KafkaConnection.read(Path.of("missing.properties")))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("missing.properties, which does not exist");
    }

    @Test
    void aFileThatNamesNoBrokersIsRefused() {
        assertThatThrownBy(() -> read("security.protocol=SSL\n"))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("client.properties")
                .hasMessageContaining("bootstrap.servers=HOST:PORT");
        assertThatThrownBy(() -> KafkaConnection.read(folder.resolve("none")))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("--kafka-config");
    }
}
