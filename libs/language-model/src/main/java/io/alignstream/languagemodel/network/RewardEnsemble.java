package io.alignstream.languagemodel.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.torch.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Several reward models as one: for each criterion some that were trained alike, whose mean counts minus their
 * disagreement; of the criteria the weighted mean.
 *
 * <p>Scoring may run on several threads at once.
 */
public final class RewardEnsemble implements AutoCloseable {

    /** Says which file of a checkpoint folder holds which member; a folder without it holds one reward model, one judge. */
    public static final String INDEX = "reward-models.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Member> members;
    private final Combination combination;

    /**
     * One of the models.
     *
     * @param criterion what it was trained to judge by; empty if nothing particular
     */
    public record Member(String criterion, RewardModel model) {}

    /**
     * How scores become one.
     *
     * @param uncertainty standard deviations of the members that are subtracted from their mean, 0 or more
     * @param weights of the criteria, 0 or more; 1 where there is none
     */
    public record Combination(double uncertainty, Map<String, Double> weights) {

        /** The plain mean. */
        public static final Combination MEAN = new Combination(0, Map.of());

        public Combination {
            weights = Map.copyOf(weights);
        }

        private double weight(String criterion) {
            return weights.getOrDefault(criterion, 1.0);
        }
    }

    /**
     * What answers are worth, one entry for each.
     *
     * @param values the combined score
     * @param deviations how far the members of a criterion are apart: their standard deviation, the weighted mean of the
     *     criteria; 0 where each has one member
     */
    public record Scores(double[] values, double[] deviations) {}

    /**
     * The content of {@value #INDEX}.
     *
     * @param reward what a policy is rewarded by
     * @param judge what it is judged by, learned from other rankings
     */
    public record Index(List<Entry> reward, List<Entry> judge) {

        private static final Index SINGLE =
                new Index(List.of(new Entry(ModelWeights.FILE, "")), List.of(new Entry(RewardModel.JUDGE_FILE, "")));

        /** A member and its file. */
        public record Entry(String file, String criterion) {}

        /** The index of a checkpoint folder. */
        public static Index read(Path folder) throws IOException {
            Path file = folder.resolve(INDEX);
            if (!Files.exists(file)) {
                return SINGLE;
            }
            try {
                return JSON.readValue(file.toFile(), Index.class);
            } catch (JsonProcessingException e) {
                throw new DamagedCheckpointException(
                        file + " is no index of reward models: " + e.getOriginalMessage(), e);
            }
        }

        /** Whether a folder needs it: without one it is read as one reward model and one judge of nothing particular. */
        public boolean needed() {
            return !equals(SINGLE);
        }

        /** As it is stored. */
        public String json() {
            try {
                return JSON.writeValueAsString(this);
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("an index of plain texts is no JSON", e);
            }
        }
    }

    /**
     * Takes over {@code members}.
     *
     * @param members one at least, of one shape
     * @throws IllegalArgumentException if weights name a criterion that no member has, or leave none that counts
     */
    public RewardEnsemble(List<Member> members, Combination combination) {
        this.members = List.copyOf(members);
        this.combination = combination;
        if (this.members.isEmpty()) {
            throw new IllegalArgumentException("an ensemble needs one reward model at least");
        }
        if (!criteria().containsAll(combination.weights().keySet())) {
            throw new IllegalArgumentException(
                    "the reward is weighted by " + combination.weights().keySet()
                            + " but the reward model knows the criteria " + criteria()
                            + "; change alignstream.rlhf.reward.weights, or tag rankings' requests with these criteria");
        }
        if (criteria().stream().allMatch(criterion -> combination.weight(criterion) == 0)) {
            throw new IllegalArgumentException("all criteria " + criteria()
                    + " have weight 0; give one of them more in alignstream.rlhf.reward.weights");
        }
    }

    /** The ensemble of one. */
    public static RewardEnsemble of(RewardModel model) {
        return new RewardEnsemble(List.of(new Member("", model)), Combination.MEAN);
    }

    /**
     * Loads what rewards in a checkpoint folder.
     *
     * @throws IOException if a file is missing or damaged, or holds no reward model
     */
    public static RewardEnsemble load(Path folder, Combination combination) throws IOException {
        return load(Index.read(folder).reward(), combination, file -> RewardModel.load(folder, file));
    }

    /**
     * Loads what judges in a checkpoint folder.
     *
     * @throws IOException if a file is missing or damaged, or holds no reward model
     */
    public static RewardEnsemble loadJudge(Path folder, Combination combination) throws IOException {
        return load(Index.read(folder).judge(), combination, file -> RewardModel.load(folder, file));
    }

    /**
     * Loads what rewards as adapters on the model that it was trained on: both take the memory of one.
     *
     * @param base is shared, and has to be closed later
     * @param lora how they were trained
     * @throws IOException if a file is missing or damaged, or does not fit
     */
    public static RewardEnsemble load(Path folder, Combination combination, Transformer base, LoraSettings lora)
            throws IOException {
        return load(Index.read(folder).reward(), combination, adapted(folder, base, lora));
    }

    /** The same of what judges. */
    public static RewardEnsemble loadJudge(Path folder, Combination combination, Transformer base, LoraSettings lora)
            throws IOException {
        return load(Index.read(folder).judge(), combination, adapted(folder, base, lora));
    }

    private static Loading adapted(Path folder, Transformer base, LoraSettings lora) throws IOException {
        int layers = TransformerConfig.load(folder).layers();
        return file -> RewardModel.load(folder.resolve(RewardModel.adaptersBeside(file)), base, layers, lora);
    }

    /** Loads a member's file. */
    @FunctionalInterface
    private interface Loading {
        RewardModel load(String file) throws IOException;
    }

    private static RewardEnsemble load(List<Index.Entry> entries, Combination combination, Loading loading)
            throws IOException {
        List<Member> members = new ArrayList<>();
        try {
            for (Index.Entry entry : entries) {
                members.add(new Member(entry.criterion(), loading.load(entry.file())));
            }
            return new RewardEnsemble(members, combination);
        } catch (IOException | RuntimeException e) {
            members.forEach(member -> member.model().close());
            throw e;
        }
    }

    /**
     * Has all models compute in {@code precision}.
     *
     * @return this
     */
    public RewardEnsemble computeIn(Precision precision) {
        members.forEach(member -> member.model().network().computeIn(precision));
        return this;
    }

    /** The models in their order. */
    public List<Member> members() {
        return members;
    }

    /** One of the models: what has the shape of all. */
    public RewardModel first() {
        return members.getFirst().model();
    }

    /** What is judged by. */
    public SortedSet<String> criteria() {
        return members.stream().map(Member::criterion).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Whether a criterion has several members, which may disagree. */
    public boolean mayDisagree() {
        return members.size() > criteria().size();
    }

    /** Longest row that can be scored, in tokens. */
    public int maxPositions() {
        return first().network().config().maxPositions();
    }

    /** Those that judge by {@code criterion}; all if none does. Shares the models, which stay this one's to close. */
    public RewardEnsemble by(String criterion) {
        List<Member> some = members.stream()
                .filter(member -> member.criterion().equals(criterion))
                .toList();
        return some.isEmpty() ? this : new RewardEnsemble(some, new Combination(combination.uncertainty(), Map.of()));
    }

    /**
     * The combined score of each answer.
     *
     * @param answers prompt and answer as one row of token ids, up to the end of turn
     */
    public double[] scores(List<int[]> answers) {
        return judge(answers).values();
    }

    /** The same with how far the models are apart. */
    public Scores judge(List<int[]> answers) {
        if (members.size() == 1) {
            return new Scores(first().scores(answers), new double[answers.size()]);
        }
        Map<String, List<double[]>> byCriterion = new TreeMap<>();
        for (Member member : members) {
            byCriterion
                    .computeIfAbsent(member.criterion(), criterion -> new ArrayList<>())
                    .add(member.model().scores(answers));
        }
        double sum =
                byCriterion.keySet().stream().mapToDouble(combination::weight).sum();
        double[] values = new double[answers.size()];
        double[] deviations = new double[answers.size()];
        byCriterion.forEach((criterion, scores) -> {
            double share = combination.weight(criterion) / sum;
            for (int i = 0; i < values.length; i++) {
                int answer = i;
                double[] ofAnswer =
                        scores.stream().mapToDouble(one -> one[answer]).toArray();
                double mean = Arrays.stream(ofAnswer).average().orElseThrow();
                double deviation = Math.sqrt(Arrays.stream(ofAnswer)
                        .map(score -> (score - mean) * (score - mean))
                        .average()
                        .orElseThrow());
                values[i] += share * (mean - combination.uncertainty() * deviation);
                deviations[i] += share * deviation;
            }
        });
        return new Scores(values, deviations);
    }

    @Override
    public void close() {
        members.forEach(member -> member.model().close());
    }
}
