package io.alignstream.reward.desk;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Unfinished rankings, by request and annotator, whether the request is still kept for the annotator or not; guarded by the
 * desk.
 */
final class Drafts {

    /** The ones saved last are kept: 64 MiB where all of them give the longest reasons. */
    private static final int MAX_DRAFTS = 1_000;

    private record Key(String requestId, String annotator) {}

    private final SequencedMap<Key, Draft> drafts = new LinkedHashMap<>();

    /** Keeps what is new in place of what was. */
    void save(String requestId, String annotator, Draft draft) {
        drafts.putLast(new Key(requestId, annotator), draft);
        if (drafts.size() > MAX_DRAFTS) {
            drafts.pollFirstEntry();
        }
    }

    Optional<Draft> of(String requestId, String annotator) {
        return Optional.ofNullable(drafts.get(new Key(requestId, annotator)));
    }

    /** The requests that {@code annotator} has begun to rank, the last one first. */
    List<String> requests(String annotator) {
        return drafts.sequencedKeySet().reversed().stream()
                .filter(key -> key.annotator().equals(annotator))
                .map(Key::requestId)
                .toList();
    }

    void remove(String requestId, String annotator) {
        drafts.remove(new Key(requestId, annotator));
    }

    void removeAll(String requestId) {
        drafts.keySet().removeIf(key -> key.requestId().equals(requestId));
    }
}
