package io.alignstream.local.world;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Little of the sample world with everything that is chance elsewhere decided beforehand: its documents come tokenised
 * and packed, so that no offset depends on when a transaction was committed.
 *
 * <p>What the stages make of it depends on the program and the processor alone. For one thread.
 */
public final class TinyWorld {

    private static final int DOCUMENTS = 1_500;
    private static final int VOCABULARY = 600;
    private static final int SEQUENCE_LENGTH = 64;
    private static final int BATCH_SEQUENCES = 100;
    /** Every so many batches one is for validation. */
    private static final int VALIDATION = 10;

    private final WorldGenerator world;
    private final List<String> documents;
    private final Tokenizer tokenizer;

    /** The world of {@code seed}. */
    public TinyWorld(long seed) {
        this.world = new WorldGenerator(World.load(), seed);
        this.documents = world.documents(DOCUMENTS).map(Document::text).toList();
        this.tokenizer = new BpeTrainer(VOCABULARY).train(documents.stream());
    }

    /** Stores the tokenizer and tells what to announce. */
    public TrainedTokenizer save(CheckpointStore store) throws IOException {
        int size = tokenizer.vocabularySize();
        Reference reference = store.save(
                Manifest.draft(Stage.TOKENIZER, tokenizer.sha256().substring(0, 12), size)
                        .withComplete(true),
                tokenizer::save);
        return new TrainedTokenizer(
                "tiny",
                reference,
                size,
                tokenizer.sha256(),
                new DatasetSnapshot(Topic.CLEAN_DOCUMENTS.name(), List.of(new PartitionRange(0, 0, DOCUMENTS))));
    }

    /** The documents as the packer of the pipeline would cut them, the last batch ending the tokenizer's snapshot. */
    public List<TokenBatch> tokenBatches() {
        int[] tokens = tokens();
        int[] next = new int[TokenBatch.Split.values().length];
        List<TokenBatch> batches = new ArrayList<>();
        int step = BATCH_SEQUENCES * SEQUENCE_LENGTH;
        for (int from = 0; from < tokens.length; from += step) {
            int to = Math.min(from + step, tokens.length);
            TokenBatch.Split split = batches.size() % VALIDATION == VALIDATION - 1
                    ? TokenBatch.Split.VALIDATION
                    : TokenBatch.Split.TRAINING;
            batches.add(new TokenBatch(
                    tokenizer.sha256(),
                    0,
                    split,
                    next[split.ordinal()],
                    SEQUENCE_LENGTH,
                    Arrays.copyOfRange(tokens, from, to),
                    0,
                    DOCUMENTS,
                    to == tokens.length));
            next[split.ordinal()] += (to - from) / SEQUENCE_LENGTH;
        }
        return batches;
    }

    /** Whole sequences; the rest of the last one is left out. */
    private int[] tokens() {
        int[] all = documents.stream()
                .flatMapToInt(text -> java.util.stream.IntStream.concat(
                        Arrays.stream(tokenizer.encode(text)),
                        java.util.stream.IntStream.of(tokenizer.endOfDocument())))
                .toArray();
        return Arrays.copyOf(all, all.length / SEQUENCE_LENGTH * SEQUENCE_LENGTH);
    }

    public List<Instruction> instructions() {
        return world.instructions();
    }

    public List<Prompt> prompts() {
        return world.prompts();
    }

    public List<RankingRequest> rankingRequests() {
        return world.rankingRequests();
    }

    public List<Ranking> rankings() {
        return world.rankings();
    }

    /** Settings of services that train on it in some seconds, without a dot of {@code alignstream} before the names. */
    public static Map<String, String> settings() {
        return Map.ofEntries(
                Map.entry("torch.threads", "2"),
                Map.entry("pretrain.layers", "2"),
                Map.entry("pretrain.width", "64"),
                Map.entry("pretrain.steps", "60"),
                Map.entry("pretrain.batch-sequences", "16"),
                Map.entry("pretrain.validate-every", "20"),
                Map.entry("pretrain.checkpoint-every", "25"),
                Map.entry("sft.epochs", "1"),
                Map.entry("sft.held-out-share", "0"),
                Map.entry("reward.minimum-rankings", "1"),
                Map.entry("reward.training.epochs", "1"),
                Map.entry("reward.training.depth-share", "0.5"),
                Map.entry("reward.training.held-out-share", "0"),
                Map.entry("reward.training.reference-answers", "32"),
                Map.entry("reward.sampling.prompts", "1"),
                Map.entry("rlhf.training.iterations", "4"),
                Map.entry("rlhf.training.batch-episodes", "16"),
                Map.entry("rlhf.training.minibatch-episodes", "8"),
                Map.entry("rlhf.training.critic-warm-up", "1"),
                Map.entry("rlhf.gate.held-out-share", "0"),
                Map.entry("rlhf.gate.prompts", "32"));
    }
}
