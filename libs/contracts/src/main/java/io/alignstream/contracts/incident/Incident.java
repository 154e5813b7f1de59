package io.alignstream.contracts.incident;

import io.alignstream.contracts.check.Check;
import java.util.Map;

/**
 * Two workers of a run have computed one shard of one step and come to different gradients: one of their machines computes
 * wrong, and nobody can say which. Key {@code stage/run/step/shard}: every worker of the run sees it and publishes it, so that
 * it is not lost with one of them, and it is one.
 *
 * @param stage its id, for example {@code pretrain}
 * @param run the training run
 * @param step the step that was taken, from 1
 * @param shard of the step's batch, from 0
 * @param owner what the shard's own worker came to, which is what was learned from
 * @param auditor what the worker came to that computed it again
 */
public record Incident(String stage, String run, long step, int shard, Computed owner, Computed auditor) {

    /**
     * What one worker came to.
     *
     * @param worker id of its process
     * @param address where the others reached it
     * @param gradients sha256 of the gradients' bits
     * @param fingerprint of the machine: libtorch, operators, threads, processor, code
     */
    public record Computed(String worker, String address, String gradients, Map<String, String> fingerprint) {

        public Computed {
            Check.id("worker", worker);
            Check.id("address", address);
            Check.sha256("gradients", gradients);
            fingerprint = Check.labels("fingerprint", fingerprint);
        }
    }

    public Incident {
        Check.id("stage", stage);
        Check.id("run", run);
        Check.atLeast("step", step, 1);
        Check.atLeast("shard", shard, 0);
        Check.present("owner", owner);
        Check.present("auditor", auditor);
    }
}
