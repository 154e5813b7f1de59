package io.alignstream.training.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever an event's contract accepts can be learned from: a second rule further down would stop the stage for ever. */
class AcceptedEventsTest {

    private static final Tokenizer TOKENIZER = new BpeTrainer(300)
            .train(Stream.of("The keeper lights the lamp.", "灯塔").iterator());
    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "\n\t\u3000",
            "\u200b",
            "\u0000",
            "\ufeff",
            "<|endofturn|>",
            "<|assistant|>",
            "\n\nHuman: who?",
            "The keeper lights the lamp.",
            "灯塔 🌊",
            "e\u0301".repeat(300));
    private static final int TRIALS = 2_000;

    static Stream<Random> seeds() {
        return IntStream.range(0, 3).mapToObj(Random::new);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void rankings(Random random) {
        // Given
        List<RankingRequest> requests = accepted(() -> request(random));
        List<Ranking> rankings = requests.stream()
                .flatMap(request -> accepted(() -> ranking(random, request), 2))
                .toList();

        // When
        List<RankedAnswers> ranked =
                RankedAnswers.of(TOKENIZER, requests, rankings, 10_000, new SetAside(Stage.REWARD, 1));

        // Then
        assertThat(ranked).isNotEmpty().allSatisfy(request -> assertThat(request.pairs().stream()
                        .mapToDouble(PreferencePair::weight)
                        .sum())
                .isCloseTo(1, within(1e-9)));
        assertThat(ranked).flatExtracting(RankedAnswers::answers).allSatisfy(answer -> assertThat(learned(answer))
                .isPositive());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void instructions(Random random) {
        // Given
        List<Instruction> instructions = accepted(
                () -> new Instruction("i" + random.nextInt(), messages(random), several(1, 3, random), tags(random)));

        // When
        Conversations conversations =
                Conversations.of(instructions, TOKENIZER, 0.2, 10_000, new SetAside(Stage.SFT, 1));

        // Then
        assertThat(conversations.training()).isNotEmpty();
        assertThat(conversations.heldOut()).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void prompts(Random random) {
        // Given
        List<Prompt> prompts = accepted(() -> new Prompt("p", messages(random), several(0, 2, random), tags(random)));

        // When
        List<int[]> rows = prompts.stream()
                .map(prompt -> ChatTemplate.prompt(TOKENIZER, prompt.messages()))
                .toList();

        // Then
        assertThat(rows).isNotEmpty().allSatisfy(row -> assertThat(row).endsWith(TOKENIZER.assistant()));
        assertThat(prompts).allSatisfy(prompt -> assertThat(HeldOut.place(prompt.messages()))
                .isBetween(0.0, 1.0));
    }

    private static RankingRequest request(Random random) {
        return new RankingRequest(
                "r" + random.nextInt(),
                messages(random),
                several(1, RankingRequest.MAX_ANSWERS, random),
                null,
                tags(random));
    }

    private static Ranking ranking(Random random, RankingRequest request) {
        List<Integer> indexes = new ArrayList<>(
                IntStream.range(0, request.answers().size()).boxed().toList());
        Collections.shuffle(indexes, random);
        List<List<Integer>> order = new ArrayList<>();
        indexes.forEach(index -> {
            if (order.isEmpty() || random.nextBoolean()) {
                order.add(new ArrayList<>());
            }
            order.getLast().add(index);
        });
        boolean scored = random.nextBoolean();
        return new Ranking(
                request.requestId(),
                "a" + random.nextInt(),
                order,
                indexes.stream()
                        .filter(index -> scored)
                        .map(index -> (double) random.nextInt(6))
                        .toList(),
                List.of(),
                "1");
    }

    private static List<Message> messages(Random random) {
        List<Message> messages = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            Message.Role role = i == 0 ? Message.Role.USER : Message.Role.values()[random.nextInt(3)];
            messages.add(new Message(role, text(random)));
        }
        return messages;
    }

    private static List<String> several(int least, int most, Random random) {
        return Stream.generate(() -> text(random))
                .limit(random.nextInt(least, most + 1))
                .toList();
    }

    private static Map<String, String> tags(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> Map.of(RankingRequest.TRUNCATED, "0 1");
            case 1 -> Map.of(RankingRequest.CRITERION, "safe");
            case 2 -> Map.of("purpose", "held-out");
            case 3 -> Map.of(Instruction.LEARNED_TURNS, Instruction.ANSWERS);
            default -> Map.of();
        };
    }

    private static String text(Random random) {
        return TEXTS.get(random.nextInt(TEXTS.size()));
    }

    private static int learned(Conversation conversation) {
        int learned = 0;
        for (boolean each : conversation.learned()) {
            learned += each ? 1 : 0;
        }
        return learned;
    }

    private static <T> List<T> accepted(Supplier<T> event) {
        return accepted(event, TRIALS).toList();
    }

    /** What the contract refuses never gets to a stage. */
    private static <T> Stream<T> accepted(Supplier<T> event, int trials) {
        return Stream.generate(() -> {
                    try {
                        return Optional.of(event.get());
                    } catch (InvalidInputException e) {
                        return Optional.<T>empty();
                    }
                })
                .limit(trials)
                .flatMap(Optional::stream);
    }
}
