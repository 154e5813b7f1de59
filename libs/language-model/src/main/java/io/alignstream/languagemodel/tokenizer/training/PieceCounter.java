package io.alignstream.languagemodel.tokenizer.training;

import io.alignstream.languagemodel.tokenizer.encoding.Encoder;
import io.alignstream.languagemodel.tokenizer.encoding.PieceCounts;
import io.alignstream.languagemodel.tokenizer.format.TokenizerFormat;
import io.alignstream.languagemodel.tokenizer.split.PreTokenizer;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * Counts the pieces of texts on several threads.
 *
 * <p>Texts are taken in blocks. Within a block each thread counts for itself, then each shard of the counts, chosen by
 * hash, is added up by one thread. Rare pieces are forgotten between blocks only, so what is counted depends on the
 * texts and never on the threads. While one block is counted the next is read.
 */
public final class PieceCounter {

    private static final int SHARDS = 16;
    private static final int SHARD_SHIFT = Integer.SIZE - 4;
    /** Chars that make a block. */
    public static final int BLOCK_CHARS = 1 << 22;

    private static final int BLOCK_TEXTS = 1 << 14;
    private static final int TEXTS_PER_TASK = 64;
    /** Longer pieces are counted in parts, so that one endless word cannot slow every merge down. */
    private static final int LONGEST_PIECE = 256;

    private final TokenizerFormat format;
    private final int maxPieces;
    private final int blockChars;
    private final Workers workers;
    /** Counts of all blocks so far, [shards]. */
    private final List<PieceCounts> total;
    /** Counts of a block, [threads][shards]. */
    private final List<Local> locals;

    private final List<CharacterCounts> characters;

    /**
     * @param maxPieces different pieces that are kept at most after each block
     * @param blockChars chars after which a block ends
     */
    public PieceCounter(TokenizerFormat format, int maxPieces, int blockChars, Workers workers) {
        this.format = format;
        this.maxPieces = maxPieces;
        this.blockChars = blockChars;
        this.workers = workers;
        total = shards();
        locals = IntStream.range(0, workers.threads())
                .mapToObj(worker -> new Local())
                .toList();
        characters = IntStream.range(0, SHARDS)
                .mapToObj(shard -> new CharacterCounts())
                .toList();
    }

    /** Counts texts, which are read once; {@code listener} hears how many have been read after each block. */
    public void count(Iterator<String> texts, LongConsumer listener) {
        long read = 0;
        List<String> block = read(texts);
        while (!block.isEmpty()) {
            List<String> current = block;
            Workers.Pending counting =
                    workers.start(Math.ceilDiv(current.size(), TEXTS_PER_TASK), (worker, task) -> locals.get(worker)
                            .count(current, task * TEXTS_PER_TASK));
            read += current.size();
            try {
                block = read(texts);
                listener.accept(read);
            } finally {
                counting.join();
            }
            workers.run(SHARDS, (worker, shard) -> addUp(shard));
            forgetRare();
        }
    }

    /** All counts, in shards. */
    public List<PieceCounts> pieces() {
        return total;
    }

    /** Occurrences of each code point. */
    public CharacterCounts characters() {
        CharacterCounts sum = new CharacterCounts();
        characters.forEach(sum::addAll);
        return sum;
    }

    private List<String> read(Iterator<String> texts) {
        List<String> block = new ArrayList<>();
        long chars = 0;
        while (block.size() < BLOCK_TEXTS && chars < blockChars && texts.hasNext()) {
            String text = texts.next();
            block.add(text);
            chars += text.length();
        }
        return block;
    }

    private void addUp(int shard) {
        for (Local local : locals) {
            PieceCounts counts = local.counts.get(shard);
            total.get(shard).addAll(counts);
            if (!format.byteLevel()) {
                characters.get(shard).addAll(counts);
            }
            counts.clear();
        }
    }

    private void forgetRare() {
        for (long rare = 1; total.stream().mapToLong(PieceCounts::size).sum() > maxPieces; rare++) {
            long atMost = rare;
            workers.run(SHARDS, (worker, shard) -> total.get(shard).removeRare(atMost));
        }
    }

    private static List<PieceCounts> shards() {
        return IntStream.range(0, SHARDS).mapToObj(shard -> new PieceCounts()).toList();
    }

    /** One thread's counts of a block. */
    private final class Local implements PreTokenizer.Pieces {
        private final List<PieceCounts> counts = shards();

        void count(List<String> block, int first) {
            int end = Math.min(block.size(), first + TEXTS_PER_TASK);
            for (String text : block.subList(first, end)) {
                char[] chars =
                        (format.normalises() ? Normalizer.normalize(text, Normalizer.Form.NFC) : text).toCharArray();
                Encoder.replaceUnpairedSurrogates(chars, chars.length);
                format.preTokenizer().split(chars, 0, chars.length, this);
            }
        }

        @Override
        public void piece(char[] text, int start, int end) {
            int at = start;
            while (end - at > LONGEST_PIECE) {
                int cut = Character.offsetByCodePoints(text, at, end - at, at, LONGEST_PIECE / 2);
                add(text, at, cut);
                at = cut;
            }
            add(text, at, end);
        }

        private void add(char[] text, int start, int end) {
            int hash = PieceCounts.hash(text, start, end);
            counts.get(hash >>> SHARD_SHIFT).add(text, start, end, hash, 1);
        }
    }
}
