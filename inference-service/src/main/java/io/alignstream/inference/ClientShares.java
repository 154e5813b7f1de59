package io.alignstream.inference;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Places that clients hold, of which one alone never has all: nobody keeps others out by asking much. Thread-safe. */
public final class ClientShares {

    private final int most;
    /** Places of each client that has any. */
    private final Map<String, Integer> held = new ConcurrentHashMap<>();

    /** @param most places of one client */
    public ClientShares(int most) {
        this.most = most;
    }

    /** Takes a place for {@code client}, to be given back; false, and none is taken, if it has as many as one may have. */
    public boolean take(String client) {
        if (held.merge(client, 1, Integer::sum) <= most) {
            return true;
        }
        giveBack(client);
        return false;
    }

    /** One of the places of {@code client} is free. */
    public void giveBack(String client) {
        held.computeIfPresent(client, (name, places) -> places == 1 ? null : places - 1);
    }
}
