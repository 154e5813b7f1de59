package io.alignstream.rlhf.guard;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.rlhf.gate.Gate;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.dataset.SetAside;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The newest {@value #MOST_RANKINGS} rankings, of which a reward model in use may know nothing; thread-safe.
 *
 * <p>A sample, so that neither memory nor a comparison grows with the topic: rankings of requests that are not among the
 * newest {@value #MOST_REQUESTS} are left out.
 */
@ApplicationScoped
public class FreshRankings {

    /** Part of the fresh pairs whose better answer scores higher; ties in score count half. */
    public static final String ACCURACY = "freshRankings/accuracy";

    /**
     * Number of those pairs, of a ranking of K answers K − 1: the others follow from them, so two long rankings are not taken
     * for the judgement of many.
     */
    static final String PAIRS = Gate.FRESH_PAIRS;

    /** The same on the rankings that were held out when the model was trained, as its own checkpoint names it. */
    static final String HELD_OUT_ACCURACY = "pairAccuracy";

    private static final int MOST_RANKINGS = 256;
    private static final int MOST_REQUESTS = 4_096;

    private final SequencedMap<String, RankingRequest> requests = new LinkedHashMap<>();
    private final SequencedMap<String, Placed> rankings = new LinkedHashMap<>();

    private record Placed(Ranking ranking, int partition, long offset) {}

    /** Follows the topics that it samples. */
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.followNewest(Topic.RANKING_REQUESTS, MOST_REQUESTS, new Subscriptions.EventHandler<>() {
            @Override
            public void handle(RankingRequest request, Origin origin) {
                put(request);
            }

            @Override
            public void withdrawn(String key) {
                withdrawRequest(key);
            }
        });
        subscriptions.followNewest(Topic.RANKINGS, MOST_REQUESTS, new Subscriptions.EventHandler<>() {
            @Override
            public void handle(Ranking ranking, Origin origin) {
                put(ranking, origin);
            }

            @Override
            public void withdrawn(String key) {
                withdrawRanking(key);
            }
        });
    }

    private synchronized void put(RankingRequest request) {
        putNewest(requests, request.requestId(), request, MOST_REQUESTS);
    }

    private synchronized void put(Ranking ranking, Origin origin) {
        Placed placed = new Placed(ranking, origin.partition(), origin.offset());
        putNewest(rankings, Topic.RANKINGS.key(ranking), placed, MOST_RANKINGS);
    }

    private synchronized void withdrawRequest(String key) {
        requests.remove(key);
    }

    private synchronized void withdrawRanking(String key) {
        rankings.remove(key);
    }

    private static <T> void putNewest(SequencedMap<String, T> kept, String key, T value, int most) {
        kept.putLast(key, value);
        if (kept.size() > most) {
            kept.pollFirstEntry();
        }
    }

    /**
     * How right {@code models} are about what came after they were trained; scores answers, so it takes a while.
     *
     * <p>By their mean, however a policy is rewarded: so was the accuracy measured that this one is compared with.
     *
     * @param trained the manifest of their checkpoint, which says what they have learned from
     * @return figures by name; none where there is nothing fresh, or nothing to compare with
     */
    public Map<String, Double> figures(Manifest trained, RewardEnsemble models, Tokenizer tokenizer) {
        Double heldOut = trained.metrics().get(HELD_OUT_ACCURACY);
        Optional<DatasetSnapshot> learned = trained.datasets().stream()
                .filter(dataset -> dataset.topic().equals(Topic.RANKINGS.name()))
                .findFirst();
        if (heldOut == null || learned.isEmpty()) {
            return Map.of();
        }
        List<RankedAnswers> fresh = after(learned.get(), tokenizer, models.maxPositions());
        RewardEnsemble mean = new RewardEnsemble(models.members(), RewardEnsemble.Combination.MEAN);
        double right = 0;
        double pairs = 0;
        for (RankedAnswers request : fresh) {
            double[] scores = mean.by(request.criterion())
                    .scores(request.answers().stream().map(Conversation::ids).toList());
            double share = 2.0 / scores.length; // K - 1 of the K (K - 1) / 2 pairs of a ranking
            for (PreferencePair pair : request.pairs()) {
                if (!pair.tied()) {
                    right += share * (1 + Math.signum(scores[pair.better()] - scores[pair.worse()])) / 2;
                    pairs += share;
                }
            }
        }
        return pairs == 0 ? Map.of() : Map.of(ACCURACY, right / pairs, PAIRS, pairs, HELD_OUT_ACCURACY, heldOut);
    }

    private List<RankedAnswers> after(DatasetSnapshot learned, Tokenizer tokenizer, int longest) {
        Map<Integer, Long> ends = learned.partitions().stream()
                .collect(Collectors.toMap(PartitionRange::partition, PartitionRange::end, Math::max, TreeMap::new));
        List<Ranking> fresh;
        List<RankingRequest> ranked = new ArrayList<>();
        synchronized (this) {
            fresh = rankings.values().stream()
                    .filter(placed -> placed.offset() >= ends.getOrDefault(placed.partition(), 0L))
                    .map(Placed::ranking)
                    .toList();
            fresh.stream().map(Ranking::requestId).distinct().forEach(id -> {
                RankingRequest request = requests.get(id);
                if (request != null) {
                    ranked.add(request);
                }
            });
        }
        return RankedAnswers.of(tokenizer, ranked, fresh, longest, new SetAside(Stage.RLHF, 1));
    }
}
