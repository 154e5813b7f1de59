package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Stage;

/**
 * The right to change a run's checkpoints, until somebody else claims it: a fencing token. Immutable.
 *
 * @param epoch from 1; every owner of the run has a higher one than all before
 * @see <a href="https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html">fencing tokens</a>
 */
public record Lease(Stage stage, String run, long epoch) {

    public Lease {
        Manifest.requireName("run", run);
        if (epoch < 1) {
            throw new IllegalArgumentException("epoch is " + epoch + " but must be at least 1");
        }
    }
}
