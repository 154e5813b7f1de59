package io.alignstream.inference.retrieval;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What stands in an index besides its passages, written with the same commit. Immutable.
 *
 * @param topic id of the topic that was read; empty before anything was
 * @param positions the first record of each partition that is not in the index
 * @param next number of the next passage: those with the lowest ones came first
 * @param displaced documents that later ones took the place of
 * @param cut passages that were left out of documents that have too many
 * @param failed documents that no vectors could be made of
 * @param lost records that were deleted before they were read
 * @param unreadable records that are no documents
 */
record IndexState(
        String topic,
        Map<Integer, Long> positions,
        long next,
        long displaced,
        long cut,
        long failed,
        long lost,
        long unreadable) {

    static final IndexState EMPTY = new IndexState("", Map.of(), 0, 0, 0, 0, 0, 0);

    private static final String TOPIC = "topic";
    private static final String POSITION = "position.";

    IndexState {
        positions = Map.copyOf(positions);
    }

    static IndexState of(Map<String, String> stored) {
        Map<Integer, Long> positions = new HashMap<>();
        stored.forEach((name, value) -> {
            if (name.startsWith(POSITION)) {
                positions.put(Integer.valueOf(name.substring(POSITION.length())), Long.valueOf(value));
            }
        });
        return new IndexState(
                stored.getOrDefault(TOPIC, ""),
                positions,
                number(stored, "next"),
                number(stored, "displaced"),
                number(stored, "cut"),
                number(stored, "failed"),
                number(stored, "lost"),
                number(stored, "unreadable"));
    }

    private static long number(Map<String, String> stored, String name) {
        return Long.parseLong(stored.getOrDefault(name, "0"));
    }

    Map<String, String> stored() {
        Map<String, String> stored = new TreeMap<>();
        stored.put(TOPIC, topic);
        positions.forEach((partition, position) -> stored.put(POSITION + partition, Long.toString(position)));
        stored.put("next", Long.toString(next));
        stored.put("displaced", Long.toString(displaced));
        stored.put("cut", Long.toString(cut));
        stored.put("failed", Long.toString(failed));
        stored.put("lost", Long.toString(lost));
        stored.put("unreadable", Long.toString(unreadable));
        return stored;
    }
}
