package io.alignstream.inference;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.stream.Stream;

/**
 * What is remembered of clients, the newest of it, bounded in number and weight. Who has more than half of it pushes their own
 * out: nobody makes what others have forgotten by asking much. Not thread-safe.
 */
public final class ClientMemory<K, V> {

    private final int most;
    private final long heaviest;
    private final SequencedMap<K, Kept<V>> all = new LinkedHashMap<>();
    private final Map<String, Own<K>> clients = new HashMap<>();
    private long weight;

    /**
     * An empty one.
     *
     * @param most of how many things
     * @param heaviest their weights together, in whatever the weights are in
     */
    public ClientMemory(int most, long heaviest) {
        this.most = most;
        this.heaviest = heaviest;
    }

    private record Kept<V>(String client, V value, long weight) {}

    /** What one client has, oldest first. */
    private static final class Own<K> {
        private final SequencedSet<K> keys = new LinkedHashSet<>();
        private long weight;
    }

    /** Remembers {@code value} as the newest of {@code client}, in place of what {@code key} stood for. */
    public void put(String client, K key, V value, long itsWeight) {
        remove(key);
        all.putLast(key, new Kept<>(client, value, itsWeight));
        Own<K> own = clients.computeIfAbsent(client, name -> new Own<>());
        own.keys.add(key);
        own.weight += itsWeight;
        weight += itsWeight;
        while (all.size() > most || weight > heaviest) {
            boolean greedy = own.keys.size() > most / 2 || own.weight > heaviest / 2;
            remove(greedy ? own.keys.getFirst() : all.sequencedKeySet().getFirst());
        }
    }

    /** Forgets what {@code key} stands for. */
    public void remove(K key) {
        Kept<V> gone = all.remove(key);
        if (gone == null) {
            return;
        }
        weight -= gone.weight();
        Own<K> own = clients.get(gone.client());
        if (own != null) {
            own.keys.remove(key);
            own.weight -= gone.weight();
            if (own.keys.isEmpty()) {
                clients.remove(gone.client());
            }
        }
    }

    /** What {@code key} stands for, whoever's it is. */
    public Optional<V> get(K key) {
        return Optional.ofNullable(all.get(key)).map(Kept::value);
    }

    /** The same if it is {@code client}'s. */
    public Optional<V> get(K key, String client) {
        return Optional.ofNullable(all.get(key))
                .filter(kept -> kept.client().equals(client))
                .map(Kept::value);
    }

    /** The keys of all that {@code value} is remembered under, oldest first. */
    public Stream<K> keys(V value) {
        return all.entrySet().stream()
                .filter(entry -> entry.getValue().value().equals(value))
                .map(Map.Entry::getKey);
    }
}
