package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.access.Role;
import io.alignstream.stageruntime.testing.ClosedService;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who sends a request byte after byte does not keep its connection for ever, whoever it is. */
@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@TestProfile(SlowRequestTest.Impatient.class)
class SlowRequestTest {

    /** A closed service that waits a second for a request. */
    public static final class Impatient extends ClosedService {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = super.getConfigOverrides();
            settings.put("quarkus.http.read-timeout", "1s");
            return settings;
        }
    }

    private static final int PATIENCE_MS = 60_000;

    @TestHTTPResource("/")
    URI address;

    @ParameterizedTest
    @ValueSource(strings = {"/sign-in", "/job/resume"})
    void aBodyThatIsTooLargeIsRefusedBeforeItComes(String path) throws IOException {
        // Given
        try (Socket socket = new Socket(address.getHost(), address.getPort())) {
            socket.setSoTimeout(PATIENCE_MS);

            // When
            socket.getOutputStream()
                    .write(("POST " + path + " HTTP/1.1\r\nHost: " + address.getAuthority()
                                    + "\r\nContent-Type: application/x-www-form-urlencoded\r\nAuthorization: Bearer "
                                    + ClosedService.key(Role.OPERATOR) + "\r\nContent-Length: 3000000\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));

            // Then
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.UTF_8))
                    .isEqualTo("HTTP/1.1 413");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 1000000", "Transfer-Encoding: chunked"})
    void aBodyThatNeverEndsIsCutOff(String length) throws IOException, InterruptedException {
        for (String path : new String[] {"/sign-in", "/job/resume"}) {
            // Given
            try (Socket socket = new Socket(address.getHost(), address.getPort())) {
                socket.setSoTimeout(PATIENCE_MS);
                OutputStream out = socket.getOutputStream();
                out.write(("POST " + path + " HTTP/1.1\r\nHost: " + address.getAuthority()
                                + "\r\nContent-Type: application/x-www-form-urlencoded\r\nAuthorization: Bearer "
                                + ClosedService.key(Role.OPERATOR) + "\r\n" + length + "\r\n\r\n")
                        .getBytes(StandardCharsets.UTF_8));

                // When: a part of it comes again and again, sooner than anybody loses patience with one
                boolean open = true;
                long end = System.nanoTime() + PATIENCE_MS * 1_000_000L;
                while (open && System.nanoTime() < end) {
                    try {
                        out.write("1\r\na\r\n".getBytes(StandardCharsets.UTF_8));
                        Thread.sleep(100);
                    } catch (SocketException e) {
                        open = false;
                    }
                }

                // Then
                assertThat(open).as(path).isFalse();
            }
        }
    }
}
