package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import jakarta.enterprise.context.ApplicationScoped;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Compares the release that should be served with the one that is.
 *
 * <p>An approved record names the release to serve. So does a rolled-back one: its reference is the older release to go
 * back to, which keeps the newest record of the compacted topic sufficient. A rejected candidate changes nothing. A
 * tombstone withdraws the model.
 */
@ApplicationScoped
public class InferenceStage implements StageDefinition {

    private final InferenceConfig config;
    private final ServedModel served;
    private final LastServed lastServed;
    private final CheckpointStore store;
    /** What should be served; used by the runtime's one thread. */
    private @Nullable ModelRelease wanted;

    InferenceStage(InferenceConfig config, ServedModel served, LastServed lastServed, CheckpointStore store) {
        this.config = config;
        this.served = served;
        this.lastServed = lastServed;
        this.store = store;
    }

    @Override
    public Stage stage() {
        return Stage.INFERENCE;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.MODEL_RELEASES, new Subscriptions.EventHandler<>() {
            @Override
            public void handle(ModelRelease release, ConsumerRecord<byte[], byte[]> record) {
                if (release.model().equals(config.model())) {
                    consider(release);
                }
            }

            @Override
            public void withdrawn(String model) {
                if (model.equals(config.model())) {
                    wanted = null;
                    lastServed.forget();
                    served.withdraw();
                }
            }
        });
    }

    private void consider(ModelRelease release) {
        switch (release.verdict()) {
            case APPROVED, ROLLED_BACK -> wanted = release;
            case REJECTED -> {
                if (wanted == null) {
                    // The record that approved what was served before may be compacted away.
                    wanted = lastServed.of(release.model()).orElse(null);
                }
            }
        }
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        if (wanted == null) {
            served.withdraw(); // a release that was being loaded when it was withdrawn
            return new Decision.Wait("no release of " + config.model() + " is approved yet");
        }
        String sha256 = wanted.reference().sha256();
        if (served.current().filter(model -> model.sha256().equals(sha256)).isPresent()) {
            return new Decision.Wait("serving " + config.model() + " " + sha256.substring(0, 12));
        }
        return new Decision.Run(new LoadJob(wanted, store, served, lastServed));
    }
}
