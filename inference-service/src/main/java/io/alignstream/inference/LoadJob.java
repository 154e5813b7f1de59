package io.alignstream.inference;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.transformer.Transformer;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Takes a release into service: opens and checks its checkpoint, loads it, lets it answer once, swaps it in. */
final class LoadJob implements Job {

    private static final Logger LOG = Logger.getLogger(LoadJob.class);
    private static final int STEPS = 4;
    private static final int WARM_UP_TOKENS = 4;

    private final ModelRelease release;
    private final CheckpointStore store;
    private final ServedModel served;
    private final LastServed lastServed;

    LoadJob(ModelRelease release, CheckpointStore store, ServedModel served, LastServed lastServed) {
        this.release = release;
        this.store = store;
        this.served = served;
        this.lastServed = lastServed;
    }

    @Override
    public String run() {
        return release.reference().sha256().substring(0, 12);
    }

    @Override
    public String title() {
        return "take release " + run() + " of " + release.model() + " into service";
    }

    @Override
    public void execute(JobContext context) throws Exception {
        try {
            LoadedModel model = load(release, context);
            served.swap(model);
            lastServed.remember(release);
            context.progress("load", STEPS, STEPS, Map.of());
        } catch (IOException | RuntimeException e) {
            fallBack(context);
            throw e;
        }
    }

    private LoadedModel load(ModelRelease wanted, JobContext context) throws IOException {
        context.progress("load", 0, STEPS, Map.of());
        StoredCheckpoint checkpoint = store.open(wanted.reference());
        context.progress("load", 1, STEPS, Map.of());
        Tokenizer tokenizer = Tokenizer.load(checkpoint.folder());
        Transformer network = Transformer.load(checkpoint.folder());
        try {
            LoadedModel model = new LoadedModel(wanted, network, tokenizer);
            context.progress("load", 2, STEPS, Map.of());
            warmUp(model);
            context.progress("load", 3, STEPS, Map.of());
            return model;
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** A model that cannot answer fails here and not at its first user's. */
    private static void warmUp(LoadedModel model) {
        int[] prompt = ChatTemplate.prompt(model.tokenizer(), List.of(Message.user("Hi")));
        int room = model.positions() - prompt.length;
        if (room < 1) {
            throw new IllegalArgumentException(
                    "a model of " + model.positions() + " positions is too short for a conversation");
        }
        Decoding greedy = new Decoding(0, 1, Math.min(WARM_UP_TOKENS, room), List.of(), 0);
        InferenceLoop.answer(model.network(), model.tokenizer(), prompt, greedy, Optional::empty, text -> {});
    }

    /** After a restart the release that was served last is better than none. */
    private void fallBack(JobContext context) {
        Optional<ModelRelease> last = lastServed.of(release.model());
        if (served.current().isPresent()
                || last.isEmpty()
                || last.get().reference().equals(release.reference())) {
            return;
        }
        try {
            served.swap(load(last.get(), context));
            LOG.warnf(
                    "Release %s cannot be served; %s, which was served last, is",
                    run(), last.get().reference().sha256().substring(0, 12));
        } catch (IOException | RuntimeException e) {
            LOG.warnf(e, "The release that was served last cannot be served, either");
        }
    }
}
