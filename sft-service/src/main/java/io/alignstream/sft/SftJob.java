package io.alignstream.sft;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.TrainingJob;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.TrainingRun;
import java.io.IOException;
import java.util.Collection;

/** One fine-tuning run: a base model, and the instructions as they stand at the end of the run's dataset. */
final class SftJob extends TrainingJob {

    private final SftSettings settings;
    private final CheckpointStore store;

    SftJob(TrainingRun run, SftSettings settings, CheckpointStore store) {
        super(run, settings.training());
        this.settings = settings;
        this.store = store;
    }

    @Override
    public Reason title() {
        return Reason.of("sft.train")
                .with("run", run())
                .with("base", training().lineage().parent(Lineage.BASE).shortSha256());
    }

    @Override
    protected TrainingLoop.Inputs inputs(JobContext context) throws IOException {
        Collection<Instruction> instructions = newest(context, Topic.INSTRUCTIONS);
        return SftLoop.Inputs.of(
                settings, store.open(training().lineage().parent(Lineage.BASE)).folder(), instructions);
    }
}
