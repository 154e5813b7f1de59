package io.alignstream.tokenizer;

import io.alignstream.tokenizer.documents.DocumentStatistics;
import io.alignstream.tokenizer.documents.Outcome;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Counters of the topologies: they are state, so they go on where they were after a restart. */
@ApplicationScoped
public class TokenizerMetrics {

    void register(@Observes StartupEvent event, MeterRegistry registry, TokenizerStreams streams) {
        for (Outcome outcome : Outcome.of(streams.profile())) {
            FunctionCounter.builder("alignstream.documents", streams, source -> source.documents()
                            .count(DocumentStatistics.OUTCOME + outcome.id()))
                    .tag("outcome", outcome.id())
                    .description("Documents by what became of them")
                    .register(registry);
        }
    }
}
