package io.alignstream.stageruntime.tracking;

import java.io.IOException;
import java.util.List;

/** A tool that is told of runs; for one thread. Told twice it knows nothing twice. */
interface Tracker extends AutoCloseable {

    /** How it is called in metrics and in the log. */
    String name();

    /**
     * Tells all of it, in its order.
     *
     * @throws RefusedException if it would be refused each time
     * @throws IOException if it cannot be told now; the same is told again later
     */
    void tell(List<Told> news) throws IOException, InterruptedException;

    @Override
    void close();

    /** What is told is not taken, however often. */
    final class RefusedException extends IOException {

        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }
}
