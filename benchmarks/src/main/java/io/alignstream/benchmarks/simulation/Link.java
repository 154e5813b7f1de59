package io.alignstream.benchmarks.simulation;

/**
 * A worker's connection to the others.
 *
 * @param bytesPerSecond that it sends while it receives as many, above 0
 * @param latencySeconds of a small message
 */
public record Link(double bytesPerSecond, double latencySeconds) {

    public Link {
        if (!(bytesPerSecond > 0) || !(latencySeconds >= 0)) {
            throw new IllegalArgumentException("a link needs a bandwidth above 0 and a latency that is not negative");
        }
    }

    /** The same where so many workers share the processor that moves the bytes. */
    public Link sharedBy(double workers) {
        return new Link(bytesPerSecond / workers, latencySeconds * workers);
    }
}
