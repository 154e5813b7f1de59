package io.alignstream.rlhf.rollouts;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRun;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Reads what the store has kept of runs' answers; thread-safe. */
@Singleton
public class RolloutHistory {

    /** Earlier iterations that are searched for answers to the same prompt, at most. */
    static final int EARLIER = 200;

    private static final Logger LOG = Logger.getLogger(RolloutHistory.class);

    private final CheckpointStore store;
    private final CheckpointStore records;

    /** Reads below the root of {@code store}. */
    public RolloutHistory(CheckpointStore store) {
        this.store = store;
        this.records = store.below(TrainingRun.RECORDS);
    }

    /**
     * A run of which answers were kept.
     *
     * @param iterations in order
     */
    public record Run(String run, List<Long> iterations) {}

    /**
     * An answer beside what was said before.
     *
     * @param kl from the SFT model, in nats
     * @param before the first answer of this run to the same prompt; null if this is it
     * @param rescored its score by another reward model; null if none was asked
     */
    public record Shown(
            String prompt,
            String answer,
            double score,
            double kl,
            boolean ended,
            @Nullable String before,
            @Nullable Double beforeScore,
            @Nullable Double rescored) {}

    /**
     * An iteration's answers.
     *
     * @param sft the model that was started from
     * @param reward the model that gave the scores
     * @param answers how many were sampled
     * @param best by score, the best first
     * @param worst by score, the worst first; none that is among the best
     */
    public record Iteration(
            String run,
            long iteration,
            String algorithm,
            @Nullable Reference sft,
            @Nullable Reference reward,
            int answers,
            double meanScore,
            @Nullable Double meanRescored,
            List<Shown> best,
            List<Shown> worst) {}

    /** All runs of which answers were kept. */
    public List<Run> runs() throws IOException {
        List<Run> runs = new ArrayList<>();
        for (String run : records.runs(Stage.RLHF)) {
            List<Long> iterations = List.copyOf(kept(run).keySet());
            if (!iterations.isEmpty()) { // what was kept of others has been deleted
                runs.add(new Run(run, iterations));
            }
        }
        return runs;
    }

    /**
     * The answers of an iteration, with the first ones to the same prompts.
     *
     * @param count of the best, and of the worst
     * @param judge scores the answers again; null if they are not to be
     * @return empty if nothing was kept of it
     * @throws IOException if what was kept is damaged or gone
     * @throws InvalidInputException if {@code judge} cannot read as many tokens as an answer has
     */
    public Optional<Iteration> iteration(String run, long iteration, int count, @Nullable RewardEnsemble judge)
            throws IOException {
        SequencedMap<Long, Reference> kept = kept(run);
        Reference reference = kept.get(iteration);
        if (reference == null) {
            return Optional.empty();
        }
        StoredCheckpoint record = records.open(reference);
        Rollouts rollouts = Rollouts.read(record.folder());
        Map<String, Rollouts.Answer> first = first(run, kept, iteration);
        double[] again = judge == null ? null : scores(judge, rollouts);
        List<Shown> all = new ArrayList<>();
        for (int i = 0; i < rollouts.answers().size(); i++) {
            Rollouts.Answer answer = rollouts.answers().get(i);
            Rollouts.Answer before = first.get(answer.prompt());
            all.add(new Shown(
                    answer.prompt(),
                    answer.answer(),
                    answer.score(),
                    answer.kl(),
                    answer.ended(),
                    before == null ? null : before.answer(),
                    before == null ? null : before.score(),
                    again == null ? null : again[i]));
        }
        all.sort(Comparator.comparingDouble(Shown::score).reversed());
        int best = Math.min(count, (all.size() + 1) / 2);
        int worst = Math.min(count, all.size() - best);
        Map<String, Reference> parents = record.manifest().parents();
        return Optional.of(new Iteration(
                run,
                iteration,
                rollouts.algorithm(),
                parents.get("sft"),
                parents.get("reward"),
                all.size(),
                all.stream().mapToDouble(Shown::score).average().orElse(0),
                again == null ? null : Arrays.stream(again).average().orElse(0),
                all.subList(0, best),
                all.reversed().subList(0, worst)));
    }

    private static double[] scores(RewardEnsemble judge, Rollouts rollouts) {
        List<int[]> rows = rollouts.answers().stream().map(Rollouts.Answer::row).toList();
        int longest = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        if (longest > judge.maxPositions()) {
            throw new InvalidInputException(Reason.of("refusal.rolloutTooLong")
                    .with("iteration", rollouts.iteration())
                    .with("tokens", longest)
                    .with("positions", judge.maxPositions()));
        }
        return judge.scores(rows);
    }

    /** The first answer to each prompt before {@code iteration}, of the first {@value #EARLIER} iterations that can be read. */
    private Map<String, Rollouts.Answer> first(String run, SequencedMap<Long, Reference> kept, long iteration) {
        Map<String, Rollouts.Answer> first = new LinkedHashMap<>();
        int searched = 0;
        for (Map.Entry<Long, Reference> earlier : kept.entrySet()) {
            if (earlier.getKey() >= iteration || searched++ == EARLIER) {
                break;
            }
            try {
                Rollouts.read(records.open(earlier.getValue()).folder())
                        .answers()
                        .forEach(answer -> first.putIfAbsent(answer.prompt(), answer));
            } catch (IOException e) {
                LOG.warnf("Iteration %d of run %s is left out: %s", earlier.getKey(), run, e.getMessage());
            }
        }
        return first;
    }

    /** By iteration, in order. */
    private SequencedMap<Long, Reference> kept(String run) throws IOException {
        SequencedMap<Long, Reference> kept = new LinkedHashMap<>();
        SequencedMap<Reference, Manifest> newestFirst = records.manifests(Stage.RLHF, run);
        newestFirst.reversed().forEach((reference, manifest) -> kept.put(manifest.step(), reference));
        return kept;
    }

    /**
     * The finished reward model of the run {@code reward}, all its members together, to score the answers of {@code run} again.
     *
     * @return empty if there is none; the caller closes it
     * @throws InvalidInputException if it reads the tokens of another tokenizer than the answers are of
     */
    public Optional<RewardEnsemble> rewardModel(String reward, String run) throws IOException {
        Optional<Map.Entry<Reference, Manifest>> finished = store.manifests(Stage.REWARD, reward).entrySet().stream()
                .filter(stored -> stored.getValue().complete())
                .findFirst();
        if (finished.isEmpty()) {
            return Optional.empty();
        }
        requireTokenizerOf(run, reward, finished.get().getValue());
        return Optional.of(
                RewardEnsemble.load(store.open(finished.get().getKey()).folder(), RewardEnsemble.Combination.MEAN));
    }

    private void requireTokenizerOf(String run, String reward, Manifest model) throws IOException {
        Optional<Reference> sft = records.manifests(Stage.RLHF, run).values().stream()
                .findFirst()
                .map(record -> record.parents().get(Lineage.SFT));
        if (sft.isEmpty()) {
            return; // nothing was kept of the run
        }
        String tokenizer = tokenizer(model);
        String known = tokenizer(store.manifest(sft.get()));
        if (!tokenizer.equals(known)) {
            throw new InvalidInputException(Reason.of("refusal.rolloutTokenizer")
                    .with("reward", reward)
                    .with("tokenizer", tokenizer)
                    .with("run", run)
                    .with("known", known));
        }
    }

    /** The first 12 digits of its sha256; empty if a checkpoint holds none. */
    private static String tokenizer(Manifest manifest) {
        return Optional.ofNullable(manifest.files().get(Tokenizer.TOKENIZER_FILE))
                .map(file -> file.sha256().substring(0, 12))
                .orElse("");
    }
}
