package io.alignstream.stageruntime.web;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.training.memory.MemoryPlan;
import java.util.Collections;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the running or last job needs of memory, as {@code GET /job/plan} tells it.
 *
 * @param run id of the run; null before the first one
 * @param title what the job does, with what
 * @param reason why the stage is in its state or, as long as no plan is known, why not
 * @param parts bytes of each part; empty as long as no plan is known
 * @param bytes their sum; null as long as no plan is known
 * @param available bytes that there were when the run was planned or, without a plan, that there are
 */
public record JobPlan(
        @Nullable String run,
        @Nullable Reason title,
        Reason reason,
        SequencedMap<String, Long> parts,
        @Nullable Long bytes,
        long available) {

    static JobPlan of(JobStatus status) {
        MemoryPlan memory = status.memory();
        return memory == null
                ? new JobPlan(
                        status.run(),
                        status.title(),
                        Reason.of("job.noPlan").with("why", status.reason()),
                        Collections.unmodifiableSequencedMap(new TreeMap<>()),
                        null,
                        MemoryPlan.availableNow())
                : new JobPlan(
                        status.run(),
                        status.title(),
                        status.reason(),
                        memory.parts(),
                        memory.bytes(),
                        memory.available());
    }
}
