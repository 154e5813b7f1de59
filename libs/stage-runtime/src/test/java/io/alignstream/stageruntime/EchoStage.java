package io.alignstream.stageruntime;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.incident.Incident;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.samples.Sample;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** A tiny stage: "trains" on all prompts whenever there is a new one, steps = number of prompts. A singleton, so that tests reach its fields. */
@Singleton
public class EchoStage implements StageDefinition {

    enum Mode {
        SUCCEED,
        FAIL,
        UNTIL_STOPPED,
        /** Its first step does not end. */
        HANG
    }

    volatile Mode mode = Mode.SUCCEED;
    /** Whose rights it has. */
    volatile Stage stage = Stage.SFT;

    final ConcurrentLinkedQueue<String> starts = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Ranking> rankings = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<String> withdrawn = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<String> readByJob = new ConcurrentLinkedQueue<>();
    /** What the next jobs report. */
    final ConcurrentLinkedQueue<Incident> incidents = new ConcurrentLinkedQueue<>();

    private final Set<String> requests = new HashSet<>();

    @Override
    public Stage stage() {
        return stage;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.PROMPTS, new Subscriptions.EventHandler<>() {
            @Override
            public void handle(Prompt prompt, Origin origin) throws PoisonEventException {
                String text = prompt.messages().getLast().content();
                if (text.equals("refuse")) {
                    throw new PoisonEventException(Reason.verbatim("this stage refuses " + prompt.id()));
                }
                if (text.equals("crash")) {
                    throw new IllegalStateException("bug in the handler");
                }
            }

            @Override
            public void withdrawn(String key) {
                withdrawn.add(key);
            }
        });
        subscriptions.follow(Topic.RANKING_REQUESTS, (request, record) -> requests.add(request.requestId()));
        subscriptions.followAfter(Topic.RANKING_REQUESTS, Topic.RANKINGS, (ranking, record) -> {
            if (!requests.contains(ranking.requestId())) {
                throw new PoisonEventException(Reason.verbatim("no ranking request " + ranking.requestId()));
            }
            rankings.add(ranking);
        });
        subscriptions.follow(Topic.CHECKPOINTS);
        subscriptions.follow(Topic.INCIDENTS);
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        long prompts = view.count(Topic.PROMPTS);
        long trained = view.newestCheckpoint(Stage.SFT).map(Checkpoint::step).orElse(0L);
        if (prompts == trained && !triggered) {
            return new Decision.Wait(Reason.of("echo.learned").with("prompts", prompts));
        }
        return new Decision.Run(new EchoJob(prompts, view.snapshot(Topic.PROMPTS)));
    }

    /** Two workers that came to different bits in a run of the stage's. */
    static Incident incident(String run, long step) {
        Map<String, String> machine = Map.of("processor", "Xeon", "threads", "2");
        return new Incident(
                "sft",
                run,
                step,
                2,
                new Incident.Computed("3f9a1c20", "10.0.0.7:41001", "ab".repeat(32), machine),
                new Incident.Computed("5b11e0d4", "10.0.0.8:41002", "cd".repeat(32), machine));
    }

    public static Checkpoint checkpoint(String run, long step) {
        Reference reference = new Reference(URI.create("file:/nowhere/" + run), "ab".repeat(32), 1);
        return new Checkpoint(Stage.SFT, run, step, reference, Map.of(), List.of(), Map.of("loss", 1.0));
    }

    private final class EchoJob implements Job {
        private final long prompts;
        private final DatasetSnapshot snapshot;

        EchoJob(long prompts, DatasetSnapshot snapshot) {
            this.prompts = prompts;
            this.snapshot = snapshot;
        }

        @Override
        public String run() {
            return "echo-" + prompts;
        }

        @Override
        public Reason title() {
            return Reason.of("echo.prompts").with("prompts", prompts);
        }

        @Override
        public Map<String, String> hyperparameters() {
            return Map.of("prompts", Long.toString(prompts));
        }

        @Override
        public void execute(JobContext context) throws Exception {
            starts.add(run());
            if (mode == Mode.HANG) {
                context.stepBegins();
                while (!context.stopRequested()) {
                    TimeUnit.MILLISECONDS.sleep(10);
                }
                return;
            }
            if (mode == Mode.FAIL) {
                throw new IllegalStateException("the loss is not finite");
            }
            try (var entries = context.read(Topic.PROMPTS, snapshot)) {
                readByJob.clear();
                entries.forEach(entry -> readByJob.add(
                        entry.event() == null ? "-" : entry.event().id()));
            }
            incidents.forEach(context::incident);
            context.healed(Reason.of("echo.healed").with("prompts", prompts));
            for (long step = 1; step <= prompts || mode == Mode.UNTIL_STOPPED; step++) {
                context.progress(
                        "train",
                        step,
                        Math.max(step, prompts),
                        Map.of("loss", 1.0 / step, "objective/kl", 0.5, "modelFlopsUtilisation", 0.413));
                if (context.stopRequested()) {
                    return;
                }
                TimeUnit.MILLISECONDS.sleep(1);
            }
            context.sampled(new Sample(0, List.of(new Sample.Text("成都必去景点", "，<b>的的", true))));
            context.sampled(new Sample(prompts, List.of(new Sample.Text("成都必去景点", "：熊猫基地", false))));
            context.publish(Topic.CHECKPOINTS, checkpoint(run(), prompts));
        }
    }
}
