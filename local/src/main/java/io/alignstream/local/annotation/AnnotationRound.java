package io.alignstream.local.annotation;

import io.alignstream.local.service.DeskClient;
import io.alignstream.local.service.JobStatus;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.world.Annotator;
import io.alignstream.local.world.AnnotatorPopulation;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * The simulated annotators rank what the SFT model has answered, before the reward model is trained; for one thread.
 *
 * <p>They begin when all answers are there: then who ranks what depends on the seed alone.
 */
public final class AnnotationRound {

    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration SHOWN_EVERY = Duration.ofSeconds(5);
    /** Longer than the service waits for further prompts before it samples. */
    private static final Duration SETTLED_AFTER = Duration.ofSeconds(6);
    /** So long nothing may happen. */
    private static final Duration STUCK_AFTER = Duration.ofMinutes(2);

    private final DeskClient desk;
    private final ServiceClient service;
    private final AnnotatorPopulation population;
    private final Runnable requireAlive;
    private final Console console;

    private String seen = "";
    private long seenAt = System.nanoTime();
    private long shownAt;
    private int ranked;

    /**
     * A round at the desk of the reward-service at {@code address}.
     *
     * @param requireAlive fails if a process has ended
     */
    public AnnotationRound(URI address, AnnotatorPopulation population, Runnable requireAlive, Console console) {
        this.desk = new DeskClient(address);
        this.service = new ServiceClient(address);
        this.population = population;
        this.requireAlive = requireAlive;
        this.console = console;
    }

    /**
     * Waits for the answers and ranks all that are asked; returns early, and says so, if none come, and says nothing if
     * the reward model is being trained already.
     *
     * @throws LaunchException if a process has ended
     */
    public void run() {
        while (true) {
            requireAlive.run();
            Optional<JobStatus> job = service.job();
            note(job.map(one -> one.state() + one.run() + one.step()).orElse("silent"));
            if (job.filter(AnnotationRound::goesOnWithout).isPresent()) {
                return;
            }
            if (job.filter(AnnotationRound::hasSampled).isPresent() && quiet().compareTo(SETTLED_AFTER) > 0) {
                break;
            }
            if (quiet().compareTo(STUCK_AFTER) > 0) {
                console.line("annotators: nothing to rank for " + STUCK_AFTER.toMinutes()
                        + " minutes; reward-service says: "
                        + job.map(JobStatus::explanation).orElse("nothing")
                        + ". Going on without rankings of answers.");
                return;
            }
            job.filter(AnnotationRound::samples)
                    .ifPresent(sampling -> show("annotators: answers to %d of %d prompts are sampled"
                            .formatted(sampling.step(), sampling.totalSteps())));
            LockSupport.parkNanos(POLL.toNanos());
        }
        rankAll();
    }

    private void rankAll() {
        List<Annotator> annotators = AnnotatorPopulation.annotators();
        int turn = -1;
        int idle = 0;
        while (idle < annotators.size()) {
            try {
                // Whoever's turn it was when an earlier launch was stopped goes on.
                turn = turn < 0 ? desk.progress().rankings() : turn + 1;
                idle = rankOne(annotators.get(turn % annotators.size())) ? 0 : idle + 1;
            } catch (LaunchException e) {
                requireAlive.run();
                if (quiet().compareTo(STUCK_AFTER) > 0) {
                    console.line("annotators: %d requests are ranked, the others cannot be: %s"
                            .formatted(ranked, e.getMessage()));
                    return;
                }
                LockSupport.parkNanos(POLL.toNanos());
            }
        }
        conclude();
    }

    /** Whether there was something to do for {@code annotator}. */
    private boolean rankOne(Annotator annotator) {
        Optional<DeskClient.Question> next = desk.next(annotator.id());
        next.ifPresent(question -> {
            Optional<AnnotatorPopulation.Judgement> judgement = population.judge(
                    annotator,
                    question.requestId(),
                    question.messages().getLast().content(),
                    question.answers().stream().map(DeskClient.Answer::text).toList());
            if (judgement.isPresent()) {
                desk.rank(ofAll(question, annotator, judgement.get()));
                ranked++;
            } else {
                desk.pass(question.requestId(), annotator.id(), "the guideline says nothing about this request");
            }
            note(question.requestId() + annotator.id());
            show("annotators: %d of %d requests ranked".formatted(ranked, ranked + question.remaining() - 1));
        });
        return next.isPresent();
    }

    /** A judgement of the different answers as one of all answers of the request. */
    private static DeskClient.Judgement ofAll(
            DeskClient.Question question, Annotator annotator, AnnotatorPopulation.Judgement judgement) {
        List<DeskClient.Answer> answers = question.answers();
        int count = answers.stream().mapToInt(answer -> answer.indexes().size()).sum();
        Double[] scores = new Double[count];
        String[] reasons = new String[count];
        for (int i = 0; i < answers.size(); i++) {
            for (int index : answers.get(i).indexes()) {
                scores[index] = judgement.scores().get(i);
                reasons[index] = judgement.reasons().get(i);
            }
        }
        List<List<Integer>> order = new ArrayList<>();
        judgement
                .order()
                .forEach(tied -> order.add(tied.stream()
                        .flatMap(i -> answers.get(i).indexes().stream())
                        .toList()));
        return new DeskClient.Judgement(
                question.requestId(), annotator.id(), order, Arrays.asList(scores), Arrays.asList(reasons));
    }

    private void conclude() {
        if (ranked == 0) {
            console.line("annotators: reward-service asks nothing about answers of the SFT model");
            return;
        }
        console.line("annotators: %d of %d requests ranked".formatted(ranked, ranked));
        DeskClient.Progress progress = desk.progress();
        if (progress.there() < progress.needed()) {
            console.line(
                    "annotators: that makes %,d of the %,d rankings that reward-service waits for; it is told not to wait"
                            .formatted(progress.there(), progress.needed()));
        }
    }

    private void note(String what) {
        if (!what.equals(seen)) {
            seen = what;
            seenAt = System.nanoTime();
        }
    }

    private Duration quiet() {
        return Duration.ofNanos(System.nanoTime() - seenAt);
    }

    private void show(String line) {
        if (console.isTerminal()) {
            console.redraw(" ▶ " + line);
        } else if (System.nanoTime() - shownAt > SHOWN_EVERY.toNanos()) {
            shownAt = System.nanoTime();
            console.line(line);
        }
    }

    private static boolean samples(JobStatus job) {
        return job.isRunning() && job.title() != null && job.title().code().equals("reward.sample");
    }

    /** Whether it does something else than asking, or nothing that it can be asked to wait with. */
    private static boolean goesOnWithout(JobStatus job) {
        return job.isFailed() || job.isHeld() || (job.isRunning() && !samples(job));
    }

    /** Whether it has an SFT model and nothing more to ask about it. */
    private static boolean hasSampled(JobStatus job) {
        return job.isWaiting() && job.reason() != null && !job.reason().code().equals("reward.noSft");
    }
}
