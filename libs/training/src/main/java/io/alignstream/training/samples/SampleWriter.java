package io.alignstream.training.samples;

import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.generation.NotFiniteException;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Continues a run's prompts, the same ones each time, with the most probable tokens. Immutable; for one thread a network.
 *
 * @param prompts at least one
 * @param tokens of the longest continuation
 * @param end the token that ends a continuation
 */
public record SampleWriter(Tokenizer tokenizer, List<Prompt> prompts, int tokens, int end) {

    /** Tokens of a document that are given as its beginning. */
    private static final int BEGINNING = 8;

    private static final String BROKEN = "\uFFFD";

    /**
     * What is continued.
     *
     * @param text for people
     * @param ids for the network, up to where it goes on
     */
    public record Prompt(String text, int[] ids) {}

    public SampleWriter {
        prompts = List.copyOf(prompts);
    }

    /**
     * A writer of documents.
     *
     * @param documents token ids with ends of documents between them, one row or more
     * @param positions of the network
     * @return empty where there is no prompt that leaves room
     */
    public static Optional<SampleWriter> ofDocuments(
            SampleSettings settings, Tokenizer tokenizer, Stream<int[]> documents, int positions) {
        Stream<Prompt> own = documents
                .flatMap(row -> beginnings(row, tokenizer.endOfDocument()))
                .flatMap(ids -> readable(tokenizer, ids).stream());
        Stream<Prompt> given = settings.prompts().stream().map(text -> new Prompt(text, tokenizer.encode(text)));
        return of(settings, tokenizer, given, own, tokenizer.endOfDocument(), positions);
    }

    /**
     * A writer of answers.
     *
     * @param questions token ids up to the assistant's token
     * @param positions of the network
     * @return empty where there is no prompt that leaves room
     */
    public static Optional<SampleWriter> ofAnswers(
            SampleSettings settings, Tokenizer tokenizer, Stream<int[]> questions, int positions) {
        Stream<Prompt> own =
                questions.map(ids -> new Prompt(tokenizer.decode(ids).strip(), ids));
        Stream<Prompt> given = settings.prompts().stream()
                .map(text -> List.of(Message.user(text)))
                .filter(asked -> ChatTemplate.refusal(tokenizer, asked).isEmpty())
                .map(asked -> new Prompt(asked.getFirst().content(), ChatTemplate.prompt(tokenizer, asked)));
        return of(settings, tokenizer, given, own, tokenizer.endOfTurn(), positions);
    }

    private static Optional<SampleWriter> of(
            SampleSettings settings,
            Tokenizer tokenizer,
            Stream<Prompt> given,
            Stream<Prompt> own,
            int end,
            int positions) {
        int tokens = Math.clamp(settings.tokens(), 1, Math.max(1, positions / 2));
        List<Prompt> prompts = new ArrayList<>();
        try (own) {
            if (settings.times() == 0) {
                return Optional.empty();
            }
            (settings.prompts().isEmpty() ? own : given)
                    .filter(prompt -> prompt.ids().length > 0 && prompt.ids().length + tokens <= positions)
                    .filter(prompt -> prompts.stream().noneMatch(known -> Arrays.equals(known.ids(), prompt.ids())))
                    .limit(settings.prompts().isEmpty() ? SampleSettings.OWN_PROMPTS : SampleSettings.MOST_PROMPTS)
                    .forEach(prompts::add);
        }
        return prompts.isEmpty() ? Optional.empty() : Optional.of(new SampleWriter(tokenizer, prompts, tokens, end));
    }

    /** Where documents begin within a row; if none does, its own beginning, which may be in the middle of one. */
    private static Stream<int[]> beginnings(int[] row, int endOfDocument) {
        List<int[]> found = new ArrayList<>();
        for (int at = 0; at + BEGINNING < row.length; at++) {
            if (row[at] == endOfDocument) {
                int[] beginning = Arrays.copyOfRange(row, at + 1, at + 1 + BEGINNING);
                if (Arrays.stream(beginning).noneMatch(id -> id == endOfDocument)) {
                    found.add(beginning);
                }
            }
        }
        return found.isEmpty() && row.length > BEGINNING ? Stream.of(Arrays.copyOf(row, BEGINNING)) : found.stream();
    }

    /** Without the bytes of a character that is cut in two. */
    private static Optional<Prompt> readable(Tokenizer tokenizer, int[] ids) {
        for (int length = ids.length; length > 0; length--) {
            int[] shorter = Arrays.copyOf(ids, length);
            String text = tokenizer.decode(shorter);
            if (!text.isBlank() && !text.contains(BROKEN)) {
                return Optional.of(new Prompt(text, shorter));
            }
        }
        return Optional.empty();
    }

    /** What {@code network} writes after {@code step} steps; empty if its probabilities are no numbers. */
    public Optional<Sample> write(Transformer network, long step) {
        AnswerSampler sampler = new AnswerSampler(0, tokens, end);
        List<AnswerSampler.Answer> answers;
        try {
            answers = sampler.sample(
                    network, prompts.stream().map(Prompt::ids).toList(), SeededRandom.of(0, "sample", step));
        } catch (NotFiniteException e) {
            return Optional.empty(); // the trainer notices by itself
        }
        List<Sample.Text> texts = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            AnswerSampler.Answer answer = answers.get(i);
            // a network may know more ids than its tokenizer
            int[] known = Arrays.stream(answer.content())
                    .filter(id -> id < tokenizer.vocabularySize())
                    .toArray();
            String said = ChatTemplate.said(tokenizer, known);
            texts.add(new Sample.Text(prompts.get(i).text(), answer.ended() ? said : whole(said), !answer.ended()));
        }
        return Optional.of(new Sample(step, texts));
    }

    /** Without the bytes of a character at the end that would have gone on. */
    private static String whole(String text) {
        int end = text.length();
        while (end > 0 && text.startsWith(BROKEN, end - 1)) {
            end--;
        }
        return text.substring(0, end);
    }
}
