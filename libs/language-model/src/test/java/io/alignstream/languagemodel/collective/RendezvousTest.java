package io.alignstream.languagemodel.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RendezvousTest {

    private static final Duration LONG = Duration.ofMillis(Member.LONG);
    private static final Duration SHORT = Duration.ofMillis(200);

    private RendezvousServer server;

    @BeforeEach
    void serve() throws Exception {
        System.setProperty(CollectiveLibrary.PROPERTY, Member.library().toString());
        server = RendezvousServer.open(InetAddress.getByName("127.0.0.1"));
    }

    @AfterEach
    void end() {
        System.clearProperty(CollectiveLibrary.PROPERTY);
        if (server != null) {
            server.close();
        }
    }

    @Test
    void one_tells_what_another_waits_for() {
        try (Rendezvous one = Rendezvous.connect(server.address(), "secret", LONG);
                Rendezvous other = Rendezvous.connect(server.address(), "secret", LONG)) {
            // Given
            CompletableFuture<String> waiting = CompletableFuture.supplyAsync(() -> other.get("ready"));
            one.set("empty", "");

            // When
            one.set("ready", "成都");

            // Then
            assertThat(waiting.join()).isEqualTo("成都");
            assertThat(other.get("empty")).isEmpty();
        }
    }

    @Test
    void who_does_not_know_the_name_sees_nothing() {
        try (Rendezvous member = Rendezvous.connect(server.address(), "secret", LONG);
                Rendezvous stranger = Rendezvous.connect(server.address(), "secre", SHORT)) {
            // Given
            member.set("ready", "yes");

            // Then
            for (String key : new String[] {"ready", "t/key/ready", "secret/key/ready"}) {
                assertThatThrownBy(() -> stranger.get(key))
                        .isInstanceOf(CollectiveException.class)
                        .hasMessageStartingWith("no " + key + " at the rendezvous at 127.0.0.1:"
                                + server.address().getPort() + " within 200 ms");
            }
        }
    }

    @Test
    void the_server_listens_at_its_address_only() throws Exception {
        int port = server.address().getPort();
        try (Socket there = new Socket(InetAddress.getByName("127.0.0.1"), port)) {
            assertThat(there.isConnected()).isTrue();
        }
        assertThatThrownBy(() -> new Socket(InetAddress.getByName("127.0.0.2"), port).close())
                .isInstanceOf(IOException.class);
    }

    @Test
    void what_is_no_address_of_this_machine_is_refused_by_name() {
        assertThatThrownBy(() -> RendezvousServer.open(InetAddress.getByName("192.0.2.1"))
                        .close())
                .isInstanceOf(CollectiveException.class)
                .hasMessageStartingWith("cannot serve a rendezvous at 192.0.2.1: cannot listen at 192.0.2.1: ");
    }

    @Test
    void who_waits_is_freed_by_closing() {
        try (Rendezvous rendezvous = Rendezvous.connect(server.address(), "secret", LONG)) {
            // Given
            CompletableFuture<String> waiting = CompletableFuture.supplyAsync(() -> rendezvous.get("never"));

            // When
            rendezvous.close();

            // Then
            assertThatThrownBy(waiting::join)
                    .hasRootCauseInstanceOf(CollectiveException.class)
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void a_server_that_is_gone_is_named() {
        InetSocketAddress address = server.address();
        try (Rendezvous rendezvous = Rendezvous.connect(address, "secret", LONG)) {
            // When
            server.close();

            // Then
            assertThatThrownBy(() -> rendezvous.get("ready"))
                    .isInstanceOf(CollectiveException.class)
                    .hasMessageContaining("127.0.0.1:" + address.getPort());
            assertThatThrownBy(() -> Rendezvous.connect(address, "other", SHORT).close())
                    .isInstanceOf(CollectiveException.class)
                    .hasMessageStartingWith("cannot reach the rendezvous at 127.0.0.1:" + address.getPort());
        }
    }
}
