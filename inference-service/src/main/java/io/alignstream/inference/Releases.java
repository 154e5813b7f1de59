package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The newest verdict on every candidate that came to the gate, whatever model name it was for; thread-safe. */
@ApplicationScoped
public class Releases {

    private volatile Map<String, ModelRelease> bySha256 = Map.of();

    /** @param releases oldest first; of two with the same checkpoint the newer one counts */
    void set(List<ModelRelease> releases) {
        bySha256 = releases.stream()
                .collect(Collectors.toUnmodifiableMap(
                        release -> release.reference().shortSha256(), Function.identity(), (older, newer) -> newer));
    }

    /** The release that wrote the response with this id; empty if the id names none. */
    public Optional<ModelRelease> author(String responseId) {
        return ResponseId.model(responseId).map(bySha256::get);
    }
}
