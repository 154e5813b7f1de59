package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClientSharesTest {

    @Test
    void whoHasAllThatOneMayHaveWaitsUntilOneIsFreeAndKeepsNobodyOut() {
        // Given
        ClientShares shares = new ClientShares(2);
        assertThat(shares.take("ann")).isTrue();
        assertThat(shares.take("ann")).isTrue();

        // When
        boolean third = shares.take("ann");

        // Then
        assertThat(third).isFalse();
        assertThat(shares.take("bob")).isTrue();
        shares.giveBack("ann");
        assertThat(shares.take("ann")).isTrue();
        assertThat(shares.take("ann")).isFalse();
    }
}
