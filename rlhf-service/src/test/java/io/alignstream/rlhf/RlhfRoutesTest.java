package io.alignstream.rlhf;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.access.Role;
import io.alignstream.stageruntime.testing.ClosedService;
import io.alignstream.stageruntime.testing.GuardedRoutes;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.PlainHttp;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@TestProfile(ClosedService.class)
class RlhfRoutesTest extends GuardedRoutes {

    @TestHTTPResource("/")
    URI address;

    private int decided(Role role, String verdict) {
        return new PlainHttp(address)
                .send(
                        "POST",
                        "/releases/alignstream/4f2a",
                        "{\"verdict\": \"" + verdict + "\", \"reason\": \"It invents.\"}",
                        Map.of(
                                "Authorization",
                                "Bearer " + ClosedService.key(role),
                                "Content-Type",
                                "application/json"))
                .status();
    }

    /** There is no such release (404), and before the topics are read nobody knows that (503): both come after the role. */
    @Test
    void anOperatorRollsBackAndAnAdminDecidesAgainstTheGate() {
        assertThat(decided(Role.OPERATOR, "approved")).isEqualTo(403);
        assertThat(decided(Role.OPERATOR, "rejected")).isEqualTo(403);
        assertThat(decided(Role.OPERATOR, "rolled-back")).isIn(404, 503);
        assertThat(decided(Role.ADMIN, "approved")).isIn(404, 503);
    }
}
