package io.alignstream.local.pipeline;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.exchange.RankedRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The rankings that are on the topics: the newest of each request and annotator, withdrawn ones left out, in the order in
 * which they were given.
 *
 * @param ranked each beside its request
 * @param withoutRequest rankings whose request is not kept any more
 */
public record PublishedRankings(List<RankedRequest> ranked, long withoutRequest) {

    public PublishedRankings {
        ranked = List.copyOf(ranked);
    }

    /** Reads both topics up to their present ends. Poison events are nobody's rankings. */
    public static PublishedRankings read(String bootstrapServers) {
        SequencedMap<String, RankingRequest> requests = newest(bootstrapServers, Topic.RANKING_REQUESTS);
        SequencedMap<String, Ranking> rankings = newest(bootstrapServers, Topic.RANKINGS);
        List<RankedRequest> ranked = new ArrayList<>();
        rankings.values().forEach(ranking -> {
            RankingRequest request = requests.get(ranking.requestId());
            if (request != null && fits(request, ranking)) {
                ranked.add(new RankedRequest(request, ranking));
            }
        });
        return new PublishedRankings(ranked, rankings.size() - ranked.size());
    }

    private static boolean fits(RankingRequest request, Ranking ranking) {
        return ranking.answerCount() == 0
                || ranking.answerCount() == request.answers().size();
    }

    private static <T> SequencedMap<String, T> newest(String bootstrapServers, Topic<T> topic) {
        SequencedMap<String, T> newest = new LinkedHashMap<>();
        try (TopicLog log = new TopicLog(bootstrapServers, List.of(topic.name()))) {
            log.readToEnd(record -> {
                if (record.key() != null) {
                    String key = new String(record.key(), StandardCharsets.UTF_8);
                    newest.remove(key);
                    take(topic, record, key, newest);
                }
            });
        }
        return newest;
    }

    private static <T> void take(
            Topic<T> topic, ConsumerRecord<byte[], byte[]> record, String key, SequencedMap<String, T> newest) {
        if (record.value() == null) {
            return;
        }
        try {
            newest.putLast(key, topic.decode(record));
        } catch (PoisonEventException e) {
            // reward-service has set it aside with its reason
        }
    }
}
