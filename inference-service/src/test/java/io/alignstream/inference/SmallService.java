package io.alignstream.inference;

import java.time.Duration;

/** A service that does little at once. */
public record SmallService(int concurrentRequests, int queue, int warmVersions, Canary canary)
        implements InferenceConfig {

    /** Keeps two versions and tries none. */
    public SmallService(int concurrentRequests, int queue) {
        this(concurrentRequests, queue, 2, new Trial(Duration.ZERO, 0));
    }

    /** How a release is tried. */
    public record Trial(Duration duration, double share) implements Canary {}

    @Override
    public Shadow shadow() {
        return () -> 0;
    }

    @Override
    public double slowdown() {
        return 1_000;
    }

    @Override
    public String model() {
        return "alignstream";
    }

    @Override
    public String weights() {
        return "float32";
    }

    @Override
    public long cacheTokens() {
        return 4_096;
    }

    @Override
    public int speculativeTokens() {
        return 4;
    }

    @Override
    public int promptTokens() {
        return 64;
    }

    @Override
    public int defaultMaxTokens() {
        return 1;
    }

    @Override
    public Duration writeTimeout() {
        return Duration.ofSeconds(30);
    }

    @Override
    public Duration timeout() {
        return Duration.ofMinutes(1);
    }

    @Override
    public int rememberedResponses() {
        return 1;
    }

    @Override
    public int feedbackPerMinute() {
        return 120;
    }

    @Override
    public Explorer explorer() {
        return () -> 1;
    }
}
