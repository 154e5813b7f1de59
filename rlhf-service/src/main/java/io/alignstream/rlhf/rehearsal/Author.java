package io.alignstream.rlhf.rehearsal;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A model that writes.
 *
 * <p>Conversations begin with what it samples after the user's token, which is what people ask (Magpie, Xu et al., arXiv
 * 2406.08464), or with the beginning of a document, for what it has read and was never seen being asked; then it answers.
 * Documents are what it samples after the token that ends one. For one thread.
 */
final class Author {

    /** Longest question, in tokens. */
    static final int LONGEST_QUESTION = 64;

    /** Shortest and longest part of a document that opens a conversation, in tokens. */
    static final int SHORTEST_OPENING = 4;

    static final int LONGEST_OPENING = 24;

    /** In tokens; a longer document is cut off there. */
    static final int LONGEST_DOCUMENT = 96;

    private static final int BATCH = 128;
    private static final int SMALLEST_BATCH = 16;

    /** Samples as many texts as are wanted this often before it does with fewer: some do not end, some are empty. */
    private static final int ATTEMPTS = 4;

    private final PreparedWeights weights;
    private final Tokenizer tokenizer;
    private final long seed;
    private final GatePrompts gate;
    private final IntConsumer written;
    private int finished;

    Author(PreparedWeights weights, Tokenizer tokenizer, long seed, GatePrompts gate, IntConsumer written) {
        this.weights = weights;
        this.tokenizer = tokenizer;
        this.seed = seed;
        this.gate = gate;
        this.written = written;
    }

    /** Conversations whose answers end within {@code longestAnswer} tokens; none of a model without room for them. */
    OwnTexts conversations(int asked, int opened, int longestAnswer) {
        Optional<ChatTemplate.Question> around = ChatTemplate.question(tokenizer);
        if (around.isEmpty()) {
            return OwnTexts.NONE;
        }
        int[] before = around.get().before();
        int[] behind = around.get().after();
        int taken = longestAnswer + before.length + behind.length;
        int room = Math.min(LONGEST_QUESTION, weights.config().maxPositions() - taken);
        if (room < 1) {
            return OwnTexts.NONE;
        }
        int end = tokenizer.endOfTurn();
        AnswerSampler asking = new AnswerSampler(1, room, end);
        AnswerSampler answering = new AnswerSampler(1, longestAnswer, end);
        int opening = Math.min(room, LONGEST_OPENING);
        List<OwnTexts.Text> texts = new ArrayList<>(texts(
                asked,
                "own conversations",
                (random, batch) ->
                        answered(questions(asking, before, batch, random), around.get(), answering, random)));
        if (opening >= SHORTEST_OPENING) {
            texts.addAll(texts(
                    opened,
                    "own openings",
                    (random, batch) -> answered(openings(opening, batch, random), around.get(), answering, random)));
        }
        return new OwnTexts(texts);
    }

    /** Documents, which it begins as it likes. */
    OwnTexts documents(int count) {
        return new OwnTexts(
                texts(count, "own documents", (random, batch) -> read(LONGEST_DOCUMENT, batch, random).stream()
                        .filter(document -> document.tokens().length > 1)
                        .filter(document ->
                                tokenizer.decode(document.content()).lines().noneMatch(this::asksTheGate))
                        .map(document -> new OwnTexts.Text(
                                document.after(new int[] {tokenizer.endOfDocument()}),
                                1,
                                HeldOut.place(tokenizer.decode(document.content())),
                                bytes(document)))
                        .toList()));
    }

    /** Round after round until there are enough. */
    private List<OwnTexts.Text> texts(
            int count, String kind, BiFunction<RandomGenerator, Integer, List<OwnTexts.Text>> round) {
        List<OwnTexts.Text> texts = new ArrayList<>();
        int batch = Math.clamp(count, SMALLEST_BATCH, BATCH);
        int rounds = ATTEMPTS * Math.ceilDiv(count, batch);
        for (int i = 0; i < rounds && texts.size() < count; i++) {
            List<OwnTexts.Text> more = round.apply(SeededRandom.of(seed, kind, i), batch);
            texts.addAll(more.subList(0, Math.min(more.size(), count - texts.size())));
            written.accept(finished + texts.size());
        }
        finished += texts.size();
        return texts;
    }

    /** Conversations of those of the {@code turns} that do not ask what the gate asks and whose answers end. */
    private List<OwnTexts.Text> answered(
            List<int[]> turns, ChatTemplate.Question around, AnswerSampler answering, RandomGenerator random) {
        List<int[]> prompts = turns.stream()
                .map(turn -> Stream.of(around.before(), turn, new int[] {answering.endToken()}, around.after())
                        .flatMapToInt(Arrays::stream)
                        .toArray())
                .toList();
        List<AnswerSampler.Answer> answers = prompts.isEmpty() ? List.of() : answering.sample(weights, prompts, random);
        List<OwnTexts.Text> texts = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            String turn = tokenizer.decode(turns.get(i));
            int[] prompt = prompts.get(i);
            if (answers.get(i).ended() && !asksTheGate(turn)) {
                texts.add(new OwnTexts.Text(
                        answers.get(i).after(prompt), prompt.length, HeldOut.place(turn), bytes(answers.get(i))));
            }
        }
        return texts;
    }

    private long bytes(AnswerSampler.Answer answer) {
        return tokenizer.decode(answer.content()).getBytes(StandardCharsets.UTF_8).length;
    }

    private boolean asksTheGate(String text) {
        return !text.isBlank() && gate.areAskedBy(List.of(Message.user(text)));
    }

    private List<int[]> questions(AnswerSampler asking, int[] before, int batch, RandomGenerator random) {
        return asking.sample(weights, Collections.nCopies(batch, before), random).stream()
                .filter(question -> question.ended() && question.tokens().length > 1)
                .map(AnswerSampler.Answer::content)
                .toList();
    }

    /** Beginnings of documents, each of a length of its own. */
    private List<int[]> openings(int longest, int batch, RandomGenerator random) {
        return read(longest, batch, random).stream()
                .map(AnswerSampler.Answer::content)
                .map(text -> Arrays.copyOf(text, Math.min(text.length, random.nextInt(SHORTEST_OPENING, longest + 1))))
                .filter(text -> text.length >= SHORTEST_OPENING)
                .toList();
    }

    private List<AnswerSampler.Answer> read(int longest, int batch, RandomGenerator random) {
        int end = tokenizer.endOfDocument();
        int room = Math.min(longest, weights.config().maxPositions() - 1);
        return new AnswerSampler(1, room, end).sample(weights, Collections.nCopies(batch, new int[] {end}), random);
    }
}
