package io.alignstream.inference;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What inference-service serves and how much of it at once; prefix {@code alignstream.inference}. */
@ConfigMapping(prefix = "alignstream.inference")
public interface InferenceConfig {

    /** The model name whose releases are served; releases of other names are left to other deployments. */
    @WithDefault("alignstream")
    String model();

    /** Answers that are written at the same time. */
    @WithDefault("4")
    int concurrentRequests();

    /** Requests that may wait for their turn; the next one is refused with 429. */
    @WithDefault("64")
    int queue();

    /** Longest answer in tokens when the request names none; clipped to what the model's positions leave. */
    @WithDefault("512")
    int defaultMaxTokens();

    /** Longest time from a request to the end of its answer, waiting included. */
    @WithDefault("2m")
    Duration timeout();

    /** Answers that feedback can still be given on; the oldest are forgotten first. */
    @WithDefault("1000")
    int rememberedResponses();
}
