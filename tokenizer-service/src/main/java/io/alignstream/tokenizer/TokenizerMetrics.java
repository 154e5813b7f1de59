package io.alignstream.tokenizer;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.stageruntime.metrics.Meters;
import io.alignstream.tokenizer.documents.DocumentStatistics;
import io.alignstream.tokenizer.documents.Outcome;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Counters of the topologies, which are state, so they go on where they were after a restart; and how far these are behind. */
@ApplicationScoped
public class TokenizerMetrics {

    void register(@Observes StartupEvent event, Meters meters, TokenizerStreams streams) {
        for (Outcome outcome : Outcome.of(streams.profile())) {
            meters.counter(Metric.DOCUMENTS, streams, source -> count(source, outcome), outcome.id());
        }
        meters.counter(Metric.DEAD_LETTERS, streams, source -> count(source, Outcome.POISON), Topic.DOCUMENTS.name());
        meters.gauge(Metric.TOPOLOGY_LAG, streams, TokenizerStreams::cleaningLag, "clean");
        meters.gauge(Metric.TOPOLOGY_LAG, streams, TokenizerStreams::packingLag, "pack");
    }

    private static double count(TokenizerStreams streams, Outcome outcome) {
        return streams.documents().count(DocumentStatistics.OUTCOME + outcome.id());
    }
}
