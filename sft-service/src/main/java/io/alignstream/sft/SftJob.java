package io.alignstream.sft;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.TrainingJob;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRun;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** One fine-tuning run: a base model, the instructions as they stand at the end of the run's dataset, and the prompts held out. */
final class SftJob extends TrainingJob {

    private final SftSettings settings;
    private final CheckpointStore store;
    private int leftOut;

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
    protected Planned plan(JobContext context) throws IOException {
        LearnableInstructions instructions =
                LearnableInstructions.of(newest(context, Topic.INSTRUCTIONS), newest(context, Topic.PROMPTS));
        leftOut = instructions.leftOut();
        SftLoop.Inputs inputs = SftLoop.Inputs.of(
                settings,
                store.open(training().lineage().parent(Lineage.BASE)).folder(),
                instructions.instructions(),
                setAside());
        return new Planned(inputs.memory(), inputs::with);
    }

    @Override
    protected int shards() {
        return settings.shards();
    }

    /** Shown because somebody has written answers that cannot be used. */
    @Override
    protected Map<String, Double> watched(String phase, long step, Map<String, Double> figures) {
        if (leftOut == 0) {
            return figures;
        }
        Map<String, Double> shown = new TreeMap<>(figures);
        shown.put("instructionsOfGatePrompts", (double) leftOut);
        return shown;
    }
}
