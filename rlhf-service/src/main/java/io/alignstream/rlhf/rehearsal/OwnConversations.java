package io.alignstream.rlhf.rehearsal;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Conversations that a model writes itself: after the user's token it samples what people ask (Magpie, Xu et al., arXiv
 * 2406.08464), and then its answer.
 *
 * <p>They cover what the model knows rather than what anybody thought of asking. A policy that rehearses them while it
 * learns something else (self-synthesised rehearsal, Huang et al., arXiv 2403.01244) forgets less; those that it does not
 * rehearse show what it has forgotten. Immutable; the arrays are not to be changed.
 */
public final class OwnConversations {

    /** None. */
    public static final OwnConversations NONE = new OwnConversations(List.of());

    /** Longest question, in tokens. */
    static final int LONGEST_QUESTION = 64;

    /** Part of the questions that is only ever asked by the gate. */
    static final double HELD_OUT_SHARE = 0.2;

    /** Part of the questions that is only asked to choose among policies. */
    static final double VALIDATION_SHARE = 0.1;

    private static final int BATCH = 128;

    /** Samples as many questions as are wanted this often before it does with fewer: some do not end, some are empty. */
    private static final int ATTEMPTS = 4;

    private final List<Conversation> conversations;

    /**
     * A question with its answer.
     *
     * @param ids token ids of the whole, as the chat template has it
     * @param promptLength tokens up to the assistant's token
     * @param place of the question among all questions, 0 to below 1
     */
    private record Conversation(int[] ids, int promptLength, double place) {}

    private OwnConversations(List<Conversation> conversations) {
        this.conversations = List.copyOf(conversations);
    }

    /**
     * Conversations of {@code model}, a function of its weights and the seed.
     *
     * @param count how many; fewer if the model writes too few questions and answers that end
     * @param longestAnswer in tokens
     * @param gate what people hold out for the gate: a question that asks it is left out, since answers to it must not be
     *     rehearsed
     * @param written hears how many there are, from time to time
     */
    public static OwnConversations of(
            Transformer model,
            Tokenizer tokenizer,
            int count,
            int longestAnswer,
            long seed,
            GatePrompts gate,
            IntConsumer written) {
        Optional<ChatTemplate.Question> around = ChatTemplate.question(tokenizer);
        if (count == 0 || around.isEmpty()) {
            return NONE;
        }
        int[] before = around.get().before();
        int[] behind = around.get().after();
        int taken = longestAnswer + before.length + behind.length;
        int room = Math.min(LONGEST_QUESTION, model.config().maxPositions() - taken);
        if (room < 1) {
            return NONE;
        }
        int end = tokenizer.endOfTurn();
        AnswerSampler asking = new AnswerSampler(1, room, end);
        AnswerSampler answering = new AnswerSampler(1, longestAnswer, end);
        List<Conversation> conversations = new ArrayList<>();
        try (PreparedWeights weights = new PreparedWeights(model)) {
            int rounds = ATTEMPTS * Math.ceilDiv(count, BATCH);
            for (int round = 0; round < rounds && conversations.size() < count; round++) {
                RandomGenerator random = SeededRandom.of(seed, "own conversations", round);
                List<int[]> prompts = prompts(asking, weights, around.get(), random);
                List<AnswerSampler.Answer> answers =
                        prompts.isEmpty() ? List.of() : answering.sample(weights, prompts, random);
                for (int i = 0; i < answers.size() && conversations.size() < count; i++) {
                    int[] prompt = prompts.get(i);
                    int[] asked = Arrays.copyOfRange(prompt, before.length, prompt.length - behind.length - 1);
                    String question = tokenizer.decode(asked);
                    if (answers.get(i).ended() && !asks(gate, question)) {
                        conversations.add(
                                new Conversation(answers.get(i).after(prompt), prompt.length, HeldOut.place(question)));
                    }
                }
                written.accept(conversations.size());
            }
        }
        return new OwnConversations(conversations);
    }

    private static boolean asks(GatePrompts gate, String question) {
        return !question.isBlank() && gate.areAskedBy(List.of(Message.user(question)));
    }

    private static List<int[]> prompts(
            AnswerSampler asking, PreparedWeights weights, ChatTemplate.Question around, RandomGenerator random) {
        int[] before = around.before();
        return asking.sample(weights, Collections.nCopies(BATCH, before), random).stream()
                .filter(question -> question.ended() && question.tokens().length > 1)
                .map(question -> IntStream.concat(Arrays.stream(question.after(before)), Arrays.stream(around.after()))
                        .toArray())
                .toList();
    }

    /** How many there are. */
    public int size() {
        return conversations.size();
    }

    /** Those that may be rehearsed. */
    public OwnConversations rehearsed() {
        return between(HELD_OUT_SHARE + VALIDATION_SHARE, Double.MAX_VALUE);
    }

    /** Those by whose questions policies are chosen. */
    public OwnConversations validation() {
        return between(HELD_OUT_SHARE, HELD_OUT_SHARE + VALIDATION_SHARE);
    }

    /** Those whose questions only the gate asks. */
    public OwnConversations heldOut() {
        return between(Double.NEGATIVE_INFINITY, HELD_OUT_SHARE);
    }

    private OwnConversations between(double from, double to) {
        return new OwnConversations(conversations.stream()
                .filter(conversation -> conversation.place >= from && conversation.place < to)
                .toList());
    }

    /** The questions, as token ids up to the assistant's token. */
    public List<int[]> prompts() {
        return conversations.stream()
                .map(conversation -> Arrays.copyOf(conversation.ids, conversation.promptLength))
                .toList();
    }

    /** All of them, in batches of at most {@code rows}; the answers are the targets. */
    public List<Sequences> batches(int rows) {
        List<Sequences> batches = new ArrayList<>();
        for (int start = 0; start < size(); start += rows) {
            batches.add(sequences(conversations.subList(start, Math.min(start + rows, size()))));
        }
        return batches;
    }

    /** Some of them, drawn with repetition; there must be one at least. */
    public Sequences draw(int rows, RandomGenerator random) {
        List<Conversation> drawn = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            drawn.add(conversations.get(random.nextInt(size())));
        }
        return sequences(drawn);
    }

    private static Sequences sequences(List<Conversation> conversations) {
        return Sequences.answers(
                conversations.stream().map(Conversation::ids).toList(),
                conversations.stream().map(Conversation::promptLength).toList());
    }
}
