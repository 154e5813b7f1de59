package io.alignstream.stageruntime.tracing;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.eclipse.microprofile.config.spi.ConfigSource;

/** Turns OpenTelemetry's SDK on where {@link TracingConfig#ENDPOINT} is set, and off where not; Quarkus has two settings for that. */
public final class TracingSwitch implements ConfigSourceFactory {

    /** Below application.properties, so that Quarkus' own settings, wherever they are given, still decide. */
    private static final int ORDINAL = 110;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        ConfigValue endpoint = context.getValue(TracingConfig.ENDPOINT);
        String address = endpoint == null || endpoint.getValue() == null ? "" : endpoint.getValue();
        Map<String, String> settings = address.isBlank()
                ? Map.of("quarkus.otel.sdk.disabled", "true")
                : Map.of("quarkus.otel.sdk.disabled", "false", "quarkus.otel.exporter.otlp.endpoint", address);
        return List.of(new PropertiesConfigSource(settings, TracingSwitch.class.getSimpleName(), ORDINAL));
    }

    @Override
    public OptionalInt getPriority() {
        return OptionalInt.of(ORDINAL);
    }
}
