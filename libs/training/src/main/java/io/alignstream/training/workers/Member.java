package io.alignstream.training.workers;

import java.net.InetSocketAddress;
import java.util.Map;

/**
 * A worker, as the others know it.
 *
 * @param id of the process, never used again by another
 * @param rendezvous where its rendezvous server listens, whether it is needed or not
 * @param fingerprint what its bits depend on: libtorch, operators, threads, processor
 */
public record Member(String id, InetSocketAddress rendezvous, Map<String, String> fingerprint) {

    public Member {
        fingerprint = Map.copyOf(fingerprint);
    }
}
