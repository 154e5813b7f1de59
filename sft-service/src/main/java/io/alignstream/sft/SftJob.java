package io.alignstream.sft;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Reason;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.training.TrainingRun;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** One fine-tuning run: fetches its frozen inputs, trains or goes on training, publishes the SFT checkpoint. */
final class SftJob implements Job {

    private final TrainingRun run;
    private final Reference base;
    private final SftSettings settings;
    private final CheckpointStore store;

    SftJob(TrainingRun run, Reference base, SftSettings settings, CheckpointStore store) {
        this.run = run;
        this.base = base;
        this.settings = settings;
        this.store = store;
    }

    @Override
    public String run() {
        return run.id();
    }

    @Override
    public Reason title() {
        return Reason.of("sft.train")
                .with("run", run.id())
                .with("base", base.sha256().substring(0, 12));
    }

    @Override
    public void execute(JobContext context) throws IOException {
        Collection<Instruction> instructions =
                instructions(context, run.datasets().getFirst());
        Path folder = store.open(base).folder();
        SftLoop.Monitor monitor = new SftLoop.Monitor() {
            @Override
            public boolean stopRequested() {
                return context.stopRequested();
            }

            @Override
            public void progress(long step, long totalSteps, Map<String, Double> metrics) {
                context.progress("train", step, totalSteps, metrics);
            }
        };
        new SftLoop(settings, folder, instructions, run, monitor)
                .run()
                .ifPresent(result -> context.publish(
                        Topic.CHECKPOINTS,
                        new Checkpoint(
                                Stage.SFT,
                                run.id(),
                                result.step(),
                                result.checkpoint(),
                                run.parents(),
                                run.datasets(),
                                result.metrics())));
    }

    /** The instructions as they stand at the end of {@code dataset}: the newest of each id, without the withdrawn. */
    private static Collection<Instruction> instructions(JobContext context, DatasetSnapshot dataset) {
        Map<String, Instruction> newest = new HashMap<>();
        try (Stream<JobContext.Entry<Instruction>> entries = context.read(Topic.INSTRUCTIONS, dataset)) {
            entries.forEach(entry -> {
                Instruction instruction = entry.event();
                if (instruction != null) {
                    newest.put(instruction.id(), instruction);
                } else if (entry.record().key() != null) {
                    newest.remove(new String(entry.record().key(), StandardCharsets.UTF_8));
                }
            });
        }
        return newest.values();
    }
}
