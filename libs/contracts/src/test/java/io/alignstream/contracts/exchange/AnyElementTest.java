package io.alignstream.contracts.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.check.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever an element holds, it is read, or refused with a reason; and what was read can be handed on without loss. */
class AnyElementTest {

    private static final List<String> FIELDS = List.of(
            "id",
            "messages",
            "referenceAnswers",
            "tags",
            "instruction",
            "input",
            "output",
            "system",
            "history",
            "conversations",
            "prompt",
            "chosen",
            "rejected",
            "score_chosen",
            "score_rejected",
            "completions",
            "generations",
            "ratings",
            "request",
            "ranking",
            "fields",
            "responses",
            "p",
            "p.responses",
            "p-suggestion",
            "annotator");
    private static final List<String> INNER = List.of(
            "role",
            "content",
            "from",
            "value",
            "weight",
            "response",
            "overall_score",
            "user_id",
            "rank",
            "text",
            "prompt");
    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "a",
            "b",
            "user",
            "assistant",
            "human",
            "gpt",
            "4",
            "NaN",
            "\n\nHuman: a\n\nAssistant: b",
            "[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]",
            "[\"a\",\"b\"]",
            "{\"a\":[",
            "\ud83d",
            "💡");
    private static final int TRIALS = 20_000;

    static Stream<Random> seeds() {
        return IntStream.range(0, 2).mapToObj(Random::new);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void asAnInstruction(Random random) {
        // When
        List<Instruction> read = read(random, json -> InstructionFormat.of(json).read(json));

        // Then
        assertThat(read).hasSizeGreaterThan(50).allSatisfy(instruction -> assertThat(InstructionFormat.ALIGNSTREAM.read(
                        InstructionFormat.ALIGNSTREAM.write(instruction).getFirst()))
                .containsExactly(instruction));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void asARanking(Random random) {
        // When
        List<RankedRequest> read = read(random, json -> RankingFormat.of(json).read(json, "a"));

        // Then
        assertThat(read).hasSizeGreaterThan(50).allSatisfy(ranked -> assertThat(RankingFormat.ALIGNSTREAM.read(
                        RankingFormat.ALIGNSTREAM.write(ranked).getFirst(), "b"))
                .containsExactly(ranked));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void asAPrompt(Random random) {
        // When
        List<?> read = read(random, json -> List.of(PromptElement.read(json)));

        // Then
        assertThat(read).hasSizeGreaterThan(50);
    }

    private interface Reader<T> {

        List<T> read(ObjectNode json);
    }

    private static <T> List<T> read(Random random, Reader<T> reader) {
        return Stream.generate(() -> element(random))
                .limit(TRIALS)
                .map(json -> accepted(() -> reader.read(json)))
                .flatMap(Optional::stream)
                .flatMap(List::stream)
                .toList();
    }

    private static <T> Optional<T> accepted(Supplier<T> read) {
        try {
            return Optional.of(read.get());
        } catch (InvalidInputException e) {
            assertThat(e).hasMessageNotContaining("java.");
            return Optional.empty();
        }
    }

    /** Often what a format has, with anything in it; at times anything at all. */
    private static ObjectNode element(Random random) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        List<List<String>> usual = List.of(
                List.of("instruction", "output"),
                List.of("conversations"),
                List.of("messages"),
                List.of("messages", "referenceAnswers"),
                List.of("prompt", "chosen", "rejected"),
                List.of("chosen", "rejected"),
                List.of("instruction", "completions"),
                List.of("prompt", "a", "b", "p.responses"),
                List.of());
        List<String> names = new ArrayList<>(usual.get(random.nextInt(usual.size())));
        for (int i = random.nextInt(3); i > 0; i--) {
            names.add(one(FIELDS, random));
        }
        names.forEach(name -> json.set(name, value(random, 3)));
        return json;
    }

    private static JsonNode value(Random random, int depth) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        return switch (random.nextInt(depth > 0 ? 12 : 6)) {
            case 0 -> json.nullNode();
            case 1 -> json.numberNode(random.nextInt(6));
            case 2 -> random.nextBoolean() ? json.booleanNode(true) : json.numberNode(4.5);
            case 3, 4, 5 -> json.textNode(one(TEXTS, random));
            case 6 -> json.arrayNode().add(one(TEXTS, random)).add(one(TEXTS, random));
            case 7, 8 -> turns(random);
            case 9 -> {
                ArrayNode list = json.arrayNode();
                IntStream.range(0, random.nextInt(4)).forEach(i -> list.add(value(random, depth - 1)));
                yield list;
            }
            case 10 -> json.arrayNode().add(rated(random)).add(rated(random));
            default -> {
                ObjectNode object = json.objectNode();
                IntStream.range(0, random.nextInt(4))
                        .forEach(i -> object.set(one(INNER, random), value(random, depth - 1)));
                yield object;
            }
        };
    }

    private static ObjectNode rated(Random random) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("response", one(TEXTS, random))
                .put("overall_score", random.nextInt(12));
    }

    private static ArrayNode turns(Random random) {
        ArrayNode turns = JsonNodeFactory.instance.arrayNode();
        List<String> roles = List.of("user", "assistant", "user", "assistant");
        for (String role : roles.subList(0, 1 + random.nextInt(4))) {
            turns.addObject()
                    .put("role", random.nextInt(20) == 0 ? one(TEXTS, random) : role)
                    .set(
                            "content",
                            random.nextInt(20) == 0
                                    ? value(random, 0)
                                    : JsonNodeFactory.instance.textNode("a" + random.nextInt(2)));
        }
        return turns;
    }

    private static String one(List<String> of, Random random) {
        return of.get(random.nextInt(of.size()));
    }
}
