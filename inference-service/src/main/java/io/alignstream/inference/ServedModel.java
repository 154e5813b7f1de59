package io.alignstream.inference;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The place of the one model that new requests get; thread-safe.
 *
 * <p>A swap is atomic: a request gets the old model or the new one, whole, and keeps it to its end. Whose approval is taken
 * back gets no new request, whatever else is going on.
 */
@ApplicationScoped
public class ServedModel {

    private final Releases releases;
    private final Counter swaps;
    private final MultiGauge info;
    private @Nullable LoadedModel current;

    ServedModel(Releases releases, MeterRegistry registry) {
        this.releases = releases;
        this.swaps = Counter.builder("alignstream.inference.swaps")
                .description("models taken into service")
                .register(registry);
        this.info = MultiGauge.builder("alignstream.inference.model.info")
                .description("1 for the model in service")
                .register(registry);
    }

    /** A share of the served model, to be given back; empty while no model is approved. */
    public synchronized Optional<LoadedModel> share() {
        return current().map(LoadedModel::share);
    }

    /** What is served, for figures only: it may be freed at any time. */
    public synchronized Optional<LoadedModel> current() {
        return Optional.ofNullable(current).filter(model -> releases.isApproved(model.release()));
    }

    /** Serves {@code next} from now on, whose first share becomes this place's; nothing changes if it is no longer approved. */
    synchronized void swap(LoadedModel next) {
        if (!releases.isApproved(next.release())) {
            next.giveBack();
            return;
        }
        LoadedModel old = current;
        current = next;
        swaps.increment();
        Tags tags = Tags.of("model", next.release().model(), "sha256", next.sha256());
        info.register(List.of(MultiGauge.Row.of(tags.and("run", next.release().run()), 1)), true);
        if (old != null) {
            old.giveBack();
        }
    }

    /** Serves nothing from now on. */
    @PreDestroy
    synchronized void withdraw() {
        if (current != null) {
            current.giveBack();
            current = null;
            info.register(List.of(), true);
        }
    }
}
