package io.alignstream.languagemodel.generation;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * Writes many texts at once: each step feeds the network a token of every text that is being written and a part of the
 * prompts that wait, and samples the tokens that follow, in one native call (continuous batching, Yu et al., OSDI 2022).
 *
 * <p>Texts come and go between steps. What a text gets depends on the weights, its own prompt, sampler and numbers, to the
 * bit, whatever else is being written. For one thread; several engines may use the same weights at once.
 */
public final class Engine implements AutoCloseable {

    /** Most alternatives that a text may ask for. */
    public static final int MOST_ALTERNATIVES = 64;

    /** Rows that take as long as one, since all weights are read for it. */
    private static final int ROWS_FOR_ONE = 8;

    private final PreparedWeights weights;
    private final int candidates;
    private final Capacity capacity;
    private final KeyValueCache cache;
    private final SequencedSet<Text> texts = new LinkedHashSet<>();
    private ByteBuffer masks = ByteBuffer.allocateDirect(0);

    /**
     * How much an engine does at once.
     *
     * @param texts that are being written
     * @param tokens that all of them have together, prompts and longest answers
     * @param promptTokens of prompts in one step: more are read sooner, fewer hold up less those who are being answered
     * @param speculativeTokens tokens that a step guesses at most of each text, by what followed the same tokens before in it (prompt
     *     look-up, Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding), and takes as far as they are what would have
     *     come anyway; as many as come for nothing because few texts are being written. 0: none. Without the fused operators
     *     none, either, as their last bits would tell
     */
    public record Capacity(int texts, long tokens, int promptTokens, int speculativeTokens) {

        /** Reads prompts in steps of so many tokens. */
        private static final int PROMPT_TOKENS = 512;

        public Capacity {
            if (texts < 1 || tokens < 1 || promptTokens < 1 || speculativeTokens < 0) {
                throw new IllegalArgumentException("a capacity of " + texts + " texts, " + tokens + " tokens and "
                        + promptTokens + " of prompts in a step: each must be at least 1, and " + speculativeTokens
                        + " speculative tokens at least 0");
            }
        }

        /** Without speculative tokens. */
        public Capacity(int texts, long tokens, int promptTokens) {
            this(texts, tokens, promptTokens, 0);
        }

        /** Of {@code texts} with up to {@code longest} tokens each. */
        public static Capacity of(int texts, int longest) {
            return new Capacity(
                    texts,
                    (long) texts * Math.ceilDiv(longest, KeyValueCache.BLOCK) * KeyValueCache.BLOCK,
                    PROMPT_TOKENS);
        }
    }

    /** A text that got a token. */
    public record Written(Text text, SampledToken token) {}

    /**
     * An engine without texts.
     *
     * @param candidates ids below this are sampled; a network may have more than its tokenizer
     */
    public Engine(PreparedWeights weights, int candidates, Capacity capacity) {
        if (candidates < 1 || candidates > weights.config().vocabularySize()) {
            throw new IllegalArgumentException(
                    "candidates is " + candidates + " but must lie between 1 and the model's "
                            + weights.config().vocabularySize() + " token ids");
        }
        this.weights = weights;
        this.candidates = candidates;
        this.capacity = capacity;
        this.cache = new KeyValueCache(weights.config(), capacity.tokens());
    }

    /**
     * Begins a text.
     *
     * @return empty while others take up the room
     * @throws IllegalArgumentException if there would not be room for it alone
     */
    public Optional<Text> start(TextRequest request) {
        int length = request.prompt().length + request.maxTokens();
        if (length > weights.config().maxPositions()
                || Math.ceilDiv(length, KeyValueCache.BLOCK) > cache.blocks()
                || request.alternatives() > Math.min(MOST_ALTERNATIVES, candidates)) {
            throw new IllegalArgumentException(
                    "a prompt of " + request.prompt().length + " tokens and an answer of up to "
                            + request.maxTokens() + " do not fit the model's "
                            + weights.config().maxPositions() + " positions and the room of " + capacity.tokens()
                            + " tokens, or " + request.alternatives() + " alternatives the "
                            + Math.min(MOST_ALTERNATIVES, candidates) + " that can be told");
        }
        if (texts.size() == capacity.texts()) {
            return Optional.empty();
        }
        // the last token of an answer is never fed
        Optional<Text> text = cache.take(request.prompt(), length - 1).map(place -> new Text(request, place));
        text.ifPresent(texts::add);
        return text;
    }

    /** Texts that have begun and not ended. */
    public int active() {
        return texts.size();
    }

    /** Whether the next step reads some of a prompt, so that it takes longer. */
    public boolean readsPrompts() {
        return texts.stream().anyMatch(text -> text.left() > 1);
    }

    /** Share of the room for tokens that texts take now, 0 to 1; any thread may ask. */
    public double cacheInUse() {
        return (double) cache.used() / cache.blocks();
    }

    /** Ends a text and makes room for another; nothing happens if it has ended. */
    public void end(Text text) {
        if (texts.remove(text)) {
            cache.giveBack(text.place());
        }
    }

    /**
     * Feeds and samples once.
     *
     * @return the texts that got a token, one that got several once for each; those that have as many as they asked for
     *     have ended, as have those whose probabilities are no numbers, or whose {@link Text#failure() constraint failed}
     */
    public List<Written> step() {
        if (texts.isEmpty()) {
            return List.of();
        }
        Batch batch = batch();
        List<Written> written = new ArrayList<>();
        for (Text text : batch.failed) {
            written.add(new Written(text, SampledToken.NONE));
            end(text);
        }
        if (batch.rows.isEmpty()) {
            return written;
        }
        double[] out = run(batch);
        batch.filled.forEach(block -> cache.filled(block.place, block.index));
        int width = out.length / Math.max(1, batch.asked.size());
        for (int i = 0; i < batch.asked.size(); i++) {
            Asked asked = batch.asked.get(i);
            if (asked.wrong()) {
                continue; // what stood before it was guessed and did not come
            }
            Text text = asked.text;
            SampledToken token = sampled(out, i * width, text.request().alternatives());
            written.add(new Written(text, token));
            if (token.isFinite()) {
                text.append(token.id());
            }
            if (text.complete() || !token.isFinite()) {
                end(text);
            }
        }
        return written;
    }

    /** A block of a place that a step completes. */
    private record Filled(KeyValueCache.Place place, int index) {}

    /**
     * A row whose next token is sampled.
     *
     * @param row among those of the step
     * @param guesses tokens before it that are only guessed
     * @param length of the text before them
     */
    private record Asked(Text text, int row, int guesses, int length) {

        static Asked of(Text text, int row, int guesses) {
            return new Asked(text, row, guesses, text.length());
        }

        /** Whether its text went on otherwise than was guessed, or has ended. */
        boolean wrong() {
            return text.length() != length + guesses || !text.isAsGuessed(length);
        }
    }

    private static SampledToken sampled(double[] out, int at, int alternatives) {
        List<SampledToken.Alternative> others = new ArrayList<>(alternatives);
        for (int a = 0; a < alternatives; a++) {
            others.add(new SampledToken.Alternative((int) out[at + 2 + 2 * a], out[at + 3 + 2 * a]));
        }
        return new SampledToken((int) out[at], out[at + 1], others);
    }

    /** What a step feeds: rows of three numbers, groups of rows, and whose next token is sampled. */
    private final class Batch {

        private final List<Text> fed = new ArrayList<>(texts);
        private final List<long[]> rows = new ArrayList<>();
        private final List<long[]> groups = new ArrayList<>();
        private final List<Asked> asked = new ArrayList<>();
        private final List<Filled> filled = new ArrayList<>();
        private final List<Text> failed = new ArrayList<>();

        /** Appends {@code count} tokens of a prompt. */
        void feed(Text text, int count) {
            add(text, count);
            if (text.feed(count)) {
                if (text.isReady(candidates)) {
                    asked.add(Asked.of(text, rows.size() - 1, 0));
                } else {
                    failed.add(text);
                }
            }
        }

        /** Appends the last token of an answer and what is guessed to follow. */
        void feedAnswer(Text text, int most) {
            if (!text.isReady(candidates)) {
                failed.add(text);
                return;
            }
            int guesses = text.guess(most);
            add(text, 1 + guesses);
            text.feed(1);
            for (int i = 0; i <= guesses; i++) {
                asked.add(Asked.of(text, rows.size() - 1 - guesses + i, i));
            }
        }

        private void add(Text text, int count) {
            long place = fed.indexOf(text);
            for (int i = 0; i < count; i++) {
                rows.add(new long[] {text.token(text.fed() + i), text.fed() + i, place});
            }
        }

        void group(int first, int blocks, boolean oneText) {
            groups.add(new long[] {first, rows.size() - first, blocks, oneText ? 1 : 0});
        }
    }

    /** Answers first, those of as many blocks together, then prompts, block by block. */
    private Batch batch() {
        Batch batch = new Batch();
        List<Text> answering = texts.stream()
                .filter(text -> text.left() == 1)
                .sorted(Comparator.comparingInt(text -> blocks(text.fed() + 1)))
                .toList();
        int first = 0;
        int guesses = guesses(answering.size());
        for (int i = 0; i < answering.size(); i++) {
            int blocks = blocks(answering.get(i).fed() + 1);
            batch.feedAnswer(answering.get(i), guesses);
            if (i + 1 == answering.size() || blocks(answering.get(i + 1).fed() + 1) != blocks) {
                batch.group(first, blocks, false);
                first = batch.rows.size();
            }
        }
        int room = capacity.promptTokens();
        for (Text text : batch.fed) {
            while (text.left() > 1 && room > 0) {
                int begun = text.fed();
                int count = Math.min(text.left(), KeyValueCache.BLOCK - begun % KeyValueCache.BLOCK);
                batch.feed(text, count);
                batch.group(first, blocks(begun + count), true);
                first = batch.rows.size();
                room -= count;
                if (text.fed() % KeyValueCache.BLOCK == 0) {
                    batch.filled.add(new Filled(text.place(), text.fed() / KeyValueCache.BLOCK - 1));
                }
            }
        }
        return batch;
    }

    private int guesses(int answers) {
        return answers == 0 || !TorchProgram.hasFusedOperators()
                ? 0
                : Math.clamp((ROWS_FOR_ONE - answers) / answers, 0, capacity.speculativeTokens());
    }

    private static int blocks(int tokens) {
        return Math.ceilDiv(tokens, KeyValueCache.BLOCK);
    }

    private double[] run(Batch batch) {
        int asked = batch.asked.size();
        int columns = batch.fed.stream()
                .mapToInt(text -> text.place().blocks().length)
                .max()
                .orElseThrow();
        long[] tables = new long[batch.fed.size() * columns];
        for (int i = 0; i < batch.fed.size(); i++) {
            int[] blocks = batch.fed.get(i).place().blocks();
            for (int b = 0; b < blocks.length; b++) {
                tables[i * columns + b] = blocks[b];
            }
        }
        double[] sampling = new double[asked * 5];
        List<double[]> edits = new ArrayList<>();
        List<Integer> masked = new ArrayList<>();
        ByteBuffer room = masks(batch);
        int alternatives = 0;
        for (int i = 0; i < asked; i++) {
            Text text = batch.asked.get(i).text;
            int guessed = batch.asked.get(i).guesses;
            text.sampling(guessed, sampling, i * 5);
            text.edits(guessed, i, candidates, edits);
            alternatives = Math.max(alternatives, text.request().alternatives());
            if (text.constrained()) {
                masked.add(i);
                allow(room, text.allowed());
            }
        }
        room.flip();
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = weights.arguments();
            in.add(call.create(flat(batch.rows, 3), new Shape(batch.rows.size(), 3)));
            NDManager numbers = TorchRuntime.settings(call);
            in.add(numbers.create(flat(batch.groups, 4), new Shape(batch.groups.size(), 4)));
            in.add(call.create(tables, new Shape(batch.fed.size(), columns)));
            cache.addTo(in);
            in.add(call.create(batch.asked.stream().mapToLong(Asked::row).toArray()));
            in.add(call.create(sampling, new Shape(asked, 5)));
            in.add(call.create(edits.stream().flatMapToDouble(Arrays::stream).toArray(), new Shape(edits.size(), 4)));
            in.add(call.create(masked.stream().mapToLong(row -> row).toArray()));
            in.add(call.create(room, new Shape(masked.size(), candidates), DataType.BOOLEAN));
            in.add(numbers.create(limits(sampling, alternatives)));
            weights.shape(in);
            return PreparedWeights.PROGRAM
                    .run(call, "next", in)
                    .singletonOrThrow()
                    .toDoubleArray();
        }
    }

    /** Candidates, alternatives, and what the rows' {@code sampling} asks for: nothing that is drawn is computed for nobody. */
    private long[] limits(double[] sampling, int alternatives) {
        boolean warm = false;
        boolean filtered = false;
        for (int at = 0; at < sampling.length; at += 5) {
            warm |= sampling[at] > 0;
            filtered |= sampling[at + 1] < 1 || sampling[at + 2] > 0 || sampling[at + 3] > 0;
        }
        return new long[] {candidates, alternatives, warm ? 1 : 0, filtered ? 1 : 0};
    }

    /** Room for the masks of a step, the same memory as long as it is enough. */
    private ByteBuffer masks(Batch batch) {
        long constrained =
                batch.asked.stream().filter(one -> one.text.constrained()).count();
        int bytes = Math.toIntExact(Math.multiplyExact(constrained, (long) candidates));
        if (masks.capacity() < bytes) {
            masks = ByteBuffer.allocateDirect(bytes);
        }
        return masks.clear();
    }

    private void allow(ByteBuffer masks, BitSet allowed) {
        for (int id = 0; id < candidates; id++) {
            masks.put((byte) (allowed.get(id) ? 1 : 0));
        }
    }

    private static long[] flat(List<long[]> rows, int width) {
        long[] flat = new long[rows.size() * width];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, flat, i * width, width);
        }
        return flat;
    }

    /** Frees the native memory; texts that have not ended never will. */
    @Override
    public void close() {
        cache.close();
    }
}
