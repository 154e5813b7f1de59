package io.alignstream.languagemodel.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.languagemodel.tokenizer.encoding.PieceCounts;
import io.alignstream.languagemodel.tokenizer.format.TokenizerFormat;
import io.alignstream.languagemodel.tokenizer.split.CharacterClass;
import io.alignstream.languagemodel.tokenizer.split.HanSplit;
import io.alignstream.languagemodel.tokenizer.training.PieceCounter;
import io.alignstream.languagemodel.tokenizer.training.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BpeTrainerTest {

    private static final int FIXED = 262;

    @Test
    void frequentNeighboursAreMergedFirst() {
        // Given
        List<String> corpus = Samples.corpus();

        // When
        Tokenizer tokenizer = new BpeTrainer(1_000).train(corpus.stream());

        // Then
        List<String> merges = merges(tokenizer);
        assertThat(merges.subList(0, 4)).containsExactlyInAnyOrder("上海", "外滩", "咖啡", "风景");
        assertThat(merges.subList(4, merges.size())).contains("今天", "这里").doesNotContain("了。");
        assertThat(blocks(tokenizer, Samples.EXAMPLE)).contains("今天", "上海", "外滩", "咖啡", "这里", "风景");
        assertThat(blocks(tokenizer, "喝")).containsExactly("<0xE5>", "<0x96>", "<0x9D>"); // seen only once
    }

    @Test
    void sameTextsGiveTheSameTokenizerInAnyOrder() {
        // Given
        List<String> corpus = new ArrayList<>(Samples.mixedCorpus());
        Tokenizer first = new BpeTrainer(700).train(corpus.stream());
        Collections.shuffle(corpus, new Random(5));

        // When
        BpeTrainer trainer = new BpeTrainer(700);
        Tokenizer second = trainer.train(corpus.iterator());
        Tokenizer again = trainer.train(corpus.iterator());

        // Then
        assertThat(second.sha256()).isEqualTo(first.sha256());
        assertThat(again.sha256()).isEqualTo(first.sha256());
    }

    @ParameterizedTest
    @EnumSource(TokenizerFormat.class)
    void numberOfThreadsDoesNotMatter(TokenizerFormat format) {
        // Given: enough different words for the threads to share one merge
        List<String> corpus = Samples.wordyCorpus(3_000, 4);

        // When
        List<byte[]> files = Stream.of(1, 2, 4)
                .map(threads -> new BpeTrainer(1_500, format, 4, threads)
                        .train(corpus.stream())
                        .toJson())
                .toList();

        // Then
        assertThat(files.get(1)).isEqualTo(files.getFirst());
        assertThat(files.get(2)).isEqualTo(files.getFirst());
    }

    @Test
    void rarePiecesAreForgottenAlikeByAnyNumberOfThreads() {
        // Given
        List<String> corpus = Samples.wordyCorpus(2_000, 5);

        // When
        List<Map<String, Long>> counts =
                Stream.of(1, 3).map(threads -> counts(corpus, 3_000, threads)).toList();

        // Then
        assertThat(counts.getFirst()).hasSizeLessThanOrEqualTo(3_000).isNotEmpty();
        assertThat(counts.getLast()).isEqualTo(counts.getFirst());
    }

    @ParameterizedTest
    @EnumSource(TokenizerFormat.class)
    void frequenciesAreThoseOfTheEncodedTexts(TokenizerFormat format) {
        // Given
        List<String> corpus = Samples.mixedCorpus();
        BpeTrainer trainer = new BpeTrainer(700, format, 4, 2);

        // When
        Tokenizer tokenizer = trainer.train(corpus.stream());

        // Then
        long[] expected = new long[tokenizer.vocabularySize()];
        corpus.forEach(text -> Arrays.stream(tokenizer.encode(text)).forEach(id -> expected[id]++));
        assertThat(trainer.frequencies()).isEqualTo(expected);
    }

    @Test
    void mergesAreThoseOfTheNaiveDefinition() {
        // Given
        List<String> corpus = Samples.mixedCorpus();

        // When
        Tokenizer tokenizer = new BpeTrainer(700).train(corpus.stream());

        // Then
        List<String> learned = merges(tokenizer);
        assertThat(learned).hasSizeGreaterThan(50).isEqualTo(naiveMerges(tokenizer, corpus, learned.size()));
    }

    @Test
    void tokensStayShortAndInsideAPiece() {
        // Given
        String phrase = "成都必去景点是熊猫基地，还有宽窄巷子。";

        // When
        Tokenizer tokenizer = new BpeTrainer(600).train(Collections.nCopies(50, phrase).stream());
        Tokenizer longer = new BpeTrainer(600, 16).train(Collections.nCopies(50, phrase).stream());

        // Then
        assertThat(blocks(tokenizer, phrase)).allMatch(block -> block.length() <= BpeTrainer.DEFAULT_LONGEST_HAN);
        assertThat(blocks(longer, phrase)).containsExactly("成都必去景点是熊猫基地", "，", "还有宽窄巷子", "。");
    }

    @Test
    void smallCorpusGivesSmallerVocabulary() {
        // Given
        Stream<String> nothing = Stream.of("", " ");

        // When
        Tokenizer tokenizer = new BpeTrainer(2_048).train(nothing);

        // Then
        assertThat(tokenizer.vocabularySize()).isEqualTo(FIXED);
        assertThat(tokenizer.decode(tokenizer.encode(Samples.EXAMPLE))).isEqualTo(Samples.EXAMPLE);
    }

    @Test
    void vocabularyIsNeverLargerThanAskedFor() {
        // Given
        List<String> corpus = Samples.mixedCorpus();

        // When
        List<BpeTrainer.Progress> progress = new ArrayList<>();
        Tokenizer smallest = new BpeTrainer(FIXED + 1).train(corpus.stream());
        Tokenizer larger = new BpeTrainer(500).train(corpus.iterator(), progress::add);

        // Then
        assertThat(smallest.vocabularySize()).isEqualTo(FIXED + 1);
        assertThat(larger.vocabularySize()).isEqualTo(500);
        assertThat(progress.getLast()).isEqualTo(new BpeTrainer.Progress(corpus.size(), 500, 500));
        assertThatThrownBy(() -> new BpeTrainer(FIXED)).hasMessageContaining("ask for 263 to 1048576");
    }

    @Test
    void endlessWordIsLearnedFrom() {
        // Given
        String run = "ab".repeat(200_000);

        // When
        Tokenizer tokenizer = new BpeTrainer(300).train(Stream.of(run));

        // Then
        assertThat(tokenizer.encode(run)).hasSize(run.length() / BpeTrainer.LONGEST_WORD);
    }

    private static Map<String, Long> counts(List<String> corpus, int maxPieces, int threads) {
        try (Workers workers = new Workers(threads)) {
            PieceCounter counter = new PieceCounter(TokenizerFormat.CHARACTERS, maxPieces, 1 << 16, workers);
            counter.count(corpus.iterator(), read -> {});
            Map<String, Long> counts = new HashMap<>();
            for (PieceCounts shard : counter.pieces()) {
                for (int piece = 0; piece < shard.size(); piece++) {
                    int start = shard.start(piece);
                    counts.put(new String(shard.chars(), start, shard.end(piece) - start), shard.count(piece));
                }
            }
            return counts;
        }
    }

    private static List<String> blocks(Tokenizer tokenizer, String text) {
        return Arrays.stream(tokenizer.encode(text)).mapToObj(tokenizer::name).toList();
    }

    /** Tokens of several characters, in the order learned. */
    private static List<String> merges(Tokenizer tokenizer) {
        return IntStream.range(FIXED, tokenizer.vocabularySize())
                .mapToObj(tokenizer::name)
                .filter(name -> name.codePointCount(0, name.length()) > 1)
                .toList();
    }

    /** The textbook loop: count all pairs anew for each merge, in the order that the class documents. */
    private static List<String> naiveMerges(Tokenizer tokenizer, List<String> corpus, int count) {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < tokenizer.vocabularySize(); id++) {
            ids.put(tokenizer.name(id), id);
        }
        List<List<String>> pieces = new ArrayList<>();
        for (String text : corpus) {
            new HanSplit()
                    .split(
                            text.toCharArray(),
                            0,
                            text.length(),
                            (chars, start, end) -> pieces.add(new ArrayList<>(new String(chars, start, end - start)
                                    .codePoints()
                                    .mapToObj(Character::toString)
                                    .toList())));
        }
        List<String> merges = new ArrayList<>();
        while (merges.size() < count) {
            Map<List<Integer>, Integer> counts = new TreeMap<>(
                    Comparator.<List<Integer>>comparingInt(List::getFirst).thenComparingInt(List::getLast));
            for (List<String> piece : pieces) {
                for (int i = 0; i + 1 < piece.size(); i++) {
                    String left = piece.get(i);
                    String right = piece.get(i + 1);
                    boolean known = ids.containsKey(left) && ids.containsKey(right);
                    if (known && !merges.contains(left + right) && shortEnough(left + right)) {
                        counts.merge(List.of(ids.get(left), ids.get(right)), 1, Integer::sum);
                    }
                }
            }
            int most = Collections.max(counts.values());
            List<Integer> best = counts.entrySet().stream()
                    .filter(entry -> entry.getValue() == most)
                    .findFirst()
                    .orElseThrow()
                    .getKey();
            String left = tokenizer.name(best.getFirst());
            String right = tokenizer.name(best.getLast());
            merges.add(left + right);
            for (List<String> piece : pieces) {
                for (int i = 0; i + 1 < piece.size(); i++) {
                    if (piece.get(i).equals(left) && piece.get(i + 1).equals(right)) {
                        piece.set(i, left + right);
                        piece.remove(i + 1);
                    }
                }
            }
        }
        return merges;
    }

    private static boolean shortEnough(String token) {
        int length = token.codePointCount(0, token.length());
        return length <= (CharacterClass.isHan(token.codePointAt(0)) ? 4 : 16);
    }
}
