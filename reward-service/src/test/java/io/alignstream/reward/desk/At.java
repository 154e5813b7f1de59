package io.alignstream.reward.desk;

import io.alignstream.stageruntime.Origin;
import java.util.Optional;

/** A place in the only partition, of a record without key and headers. */
public record At(long offset) implements Origin {

    @Override
    public int partition() {
        return 0;
    }

    @Override
    public Optional<String> key() {
        return Optional.empty();
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.empty();
    }
}
