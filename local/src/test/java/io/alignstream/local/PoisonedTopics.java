package io.alignstream.local;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.ShadowAnswer;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.local.PoisonTrial.Poison;
import io.alignstream.local.pipeline.Chain;
import io.alignstream.local.site.Site;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A {@link PoisonTrial} for every topic that a service reads, on a site whose pipeline has been through. */
final class PoisonedTopics {

    private static final List<Message> QUESTION = List.of(Message.user("成都必去景点"));
    private static final Map<String, String> HELD_OUT = Map.of("purpose", "held-out");

    private final PoisonTrial trial;
    private final Chain chain;

    private PoisonedTopics(PoisonTrial trial, Chain chain) {
        this.trial = trial;
        this.chain = chain;
    }

    /** Poisons every topic of {@code site}, one after the other. */
    static void tryAll(Site site, Chain chain) {
        try (PoisonTrial trial = new PoisonTrial(site)) {
            PoisonedTopics topics = new PoisonedTopics(trial, chain);
            topics.documents();
            topics.tokens();
            topics.conversations();
            topics.rankings();
            topics.models();
        }
    }

    private void documents() {
        Document one = new Document("good-1", "锦里的夜晚很热闹。", "test", Map.of());
        Document two = new Document("good-2", "宽窄巷子的早晨很安静。", "test", Map.of());
        trial.run(Topic.DOCUMENTS, one, trial.ofEveryKind(Topic.DOCUMENTS, one, "text"), two, Stage.TOKENIZER);
        CleanDocument clean = new CleanDocument("good-3", "武侯祠的柏树很老。", "test", Map.of(), "ab".repeat(32), 9);
        trial.run(
                Topic.CLEAN_DOCUMENTS,
                clean,
                trial.ofEveryKind(Topic.CLEAN_DOCUMENTS, clean, "text"),
                clean,
                Stage.TOKENIZER);
    }

    private void tokens() {
        TrainedTokenizer tokenizer = chain.tokenizer().orElseThrow().event();
        trial.run(
                Topic.TOKENIZERS,
                tokenizer,
                trial.ofEveryKind(Topic.TOKENIZERS, tokenizer, "name"),
                tokenizer,
                Stage.TOKENIZER,
                Stage.PRETRAIN);

        TokenBatch.Ledgers ledgers = new TokenBatch.Ledgers();
        TokenBatch good = batch(tokenizer.sha256(), 0, 1);
        byte[] version = Topic.TOKEN_BATCHES.record(good, "test").value().clone();
        version[4] = 0; // one of a later version waits for a reader that knows it
        byte[] damaged = Topic.TOKEN_BATCHES.record(good, "test").value().clone();
        damaged[damaged.length - 6]++;
        trial.run(
                Topic.TOKEN_BATCHES,
                ledgers.record(good, "test"),
                List.of(
                        poison("no batch".getBytes(java.nio.charset.StandardCharsets.UTF_8), "magic"),
                        poison(version, "version 0 is unknown"),
                        poison(damaged, "checksum"),
                        poison(java.util.Arrays.copyOf(version, 5_000_000), "version 0 is unknown"),
                        poison(batch(tokenizer.sha256(), 0, tokenizer.vocabularySize()), "outside the vocabulary"),
                        poison(batch(tokenizer.sha256(), 5, 1), "are missing before this batch"),
                        // Looked at again once the good batch behind it is there, whose successor it says to be.
                        poison(batch(tokenizer.sha256(), 2, 1), "nobody vouches for the batch"),
                        poison(batch("cd".repeat(32), 0, 1), "no tokenizer event names")),
                ledgers.record(batch(tokenizer.sha256(), 1, 1), "test"),
                Stage.PRETRAIN);
    }

    /** A batch of one sequence of a shard that no document belongs to. */
    private static TokenBatch batch(String tokenizer, long firstSequence, int token) {
        int[] tokens = new int[64];
        java.util.Arrays.fill(tokens, token);
        return new TokenBatch(tokenizer, 7, TokenBatch.Split.TRAINING, firstSequence, 64, tokens, 7, 1, false);
    }

    private Poison poison(TokenBatch batch, String reason) {
        return poison(Topic.TOKEN_BATCHES.record(batch, "test").value(), reason);
    }

    private Poison poison(byte[] value, String reason) {
        TokenBatch any = batch("ab".repeat(32), 0, 1);
        return trial.poison(Topic.TOKEN_BATCHES, any, value, reason);
    }

    private void conversations() {
        Instruction instruction = new Instruction("good", QUESTION, List.of("熊猫基地"), Map.of());
        trial.run(
                Topic.INSTRUCTIONS,
                instruction,
                trial.ofEveryKind(Topic.INSTRUCTIONS, instruction, "referenceAnswers.0"),
                instruction,
                Stage.SFT);
        Prompt prompt = new Prompt("good", QUESTION, HELD_OUT);
        trial.run(
                Topic.PROMPTS,
                prompt,
                trial.ofEveryKind(Topic.PROMPTS, prompt, "messages.0.content"),
                prompt,
                Stage.REWARD,
                Stage.RLHF);
        Feedback feedback = new Feedback("good", Feedback.Thumb.UP, QUESTION, "熊猫基地", null, "ab".repeat(32));
        trial.run(
                Topic.FEEDBACK,
                feedback,
                trial.ofEveryKind(Topic.FEEDBACK, feedback, "answer"),
                feedback,
                Stage.INFERENCE);
        ShadowAnswer shadow = new ShadowAnswer(
                "good",
                QUESTION,
                new ShadowAnswer.Answer("ab".repeat(32), "熊猫基地", false),
                new ShadowAnswer.Answer("cd".repeat(32), "火锅", false));
        trial.run(
                Topic.SHADOW_ANSWERS,
                shadow,
                trial.ofEveryKind(Topic.SHADOW_ANSWERS, shadow, "served.text"),
                shadow,
                Stage.INFERENCE);
    }

    private void rankings() {
        RankingRequest request = new RankingRequest("good", QUESTION, List.of("熊猫基地", "火锅"), null, Map.of());
        trial.run(
                Topic.RANKING_REQUESTS,
                request,
                trial.ofEveryKind(Topic.RANKING_REQUESTS, request, "answers.0"),
                request,
                Stage.REWARD);
        List<Poison> poison = new ArrayList<>(trial.ofEveryKind(Topic.RANKINGS, ranking("good", 2), "annotator"));
        poison.add(trial.with(Topic.RANKINGS, ranking("good", 2), "scores.0", "NaN", "NaN"));
        poison.add(trial.with(Topic.RANKINGS, ranking("good", 2), "scores.0", "\"NaN\"", "scores"));
        poison.add(trial.with(Topic.RANKINGS, ranking("good", 2), "scores.0", "1e999", "finite"));
        poison.add(trial.with(Topic.RANKINGS, ranking("good", 2), "scores.0", "5.5", "outside 0 to 5"));
        poison.add(unfit(ranking("nobody-asked", 2), "which nobody asked"));
        poison.add(unfit(ranking("good", 3), "3 answers but request good has 2"));
        trial.run(Topic.RANKINGS, ranking("good", 2), poison, ranking("good", 2), Stage.REWARD);
    }

    private Poison unfit(Ranking ranking, String reason) {
        return trial.poison(
                Topic.RANKINGS, ranking, Topic.RANKINGS.record(ranking, "test").value(), reason);
    }

    private static Ranking ranking(String requestId, int answers) {
        List<List<Integer>> order = new ArrayList<>();
        List<Double> scores = new ArrayList<>();
        for (int i = 0; i < answers; i++) {
            order.add(List.of(i));
            scores.add(4.0 - i);
        }
        return new Ranking(requestId, "tester", order, scores, List.of(), "v1");
    }

    /** The good events are those that are there already: an event that comes twice changes nothing. */
    private void models() {
        Checkpoint checkpoint = chain.delivered().get(Stage.RLHF).event();
        List<Poison> poison = new ArrayList<>(trial.ofEveryKind(Topic.CHECKPOINTS, checkpoint, "run"));
        poison.add(trial.with(Topic.CHECKPOINTS, checkpoint, "metrics.winRate", "NaN", "NaN"));
        trial.run(
                Topic.CHECKPOINTS, checkpoint, poison, checkpoint, Stage.PRETRAIN, Stage.SFT, Stage.REWARD, Stage.RLHF);
        ModelRelease release = chain.approved().orElseThrow();
        poison = new ArrayList<>(trial.ofEveryKind(Topic.MODEL_RELEASES, release, "reason"));
        poison.add(trial.with(Topic.MODEL_RELEASES, release, "figures.winRate", "\"NaN\"", "figures"));
        trial.run(Topic.MODEL_RELEASES, release, poison, release, Stage.RLHF, Stage.INFERENCE);
    }
}
