package io.alignstream.stageruntime.kept;

/** A set of keys that knows its size, in a {@link KeptState}; for one thread that writes. */
public final class KeptKeys {

    private static final String SIZE = "size";
    private static final byte[] THERE = {};

    private final KeptTable keys;
    private final KeptTable size;

    /** The set with this name, a word. */
    public KeptKeys(KeptState state, String name) {
        this.keys = state.table(name);
        this.size = state.table(name + ".size");
    }

    /** Adds {@code key}, if it is not there. */
    public void add(String key) {
        if (keys.get(key) == null) {
            keys.put(key, THERE);
            size.put(SIZE, size() + 1);
        }
    }

    /** Removes {@code key}, if it is there. */
    public void remove(String key) {
        if (keys.get(key) != null) {
            keys.remove(key);
            size.put(SIZE, size() - 1);
        }
    }

    /** Number of keys. */
    public long size() {
        return size.number(SIZE);
    }
}
