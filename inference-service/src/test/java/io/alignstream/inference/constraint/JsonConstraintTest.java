package io.alignstream.inference.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.alignstream.languagemodel.generation.TokenConstraint;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonConstraintTest {

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    /** With tokens that close a string and go on, as large vocabularies have them. */
    private static final Tokenizer TOKENIZER = new BpeTrainer(500)
            .train(Stream.of(
                    "{\"name\": \"Ann\", \"age\": 41}, {\"name\": \"Bo\", \"age\": 7}], \"tags\": [true, false, null]",
                    "\"}, {\"name\": \"火车\", \"age\": 3.25e-2}, \"}], \"]}, \"a\\n\\\"b\\u00e9\""));

    /** Formats are checked, too, which the standard leaves open. */
    private static final SchemaValidatorsConfig STRICT =
            SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();

    private static final int LONGEST = 4_000;

    private final JsonConstraints constraints = new JsonConstraints();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\": \"string\"}",
                "{\"type\": \"string\", \"minLength\": 3, \"maxLength\": 5}",
                "{\"type\": [\"integer\", \"null\"]}",
                "{\"type\": \"number\"}",
                "{\"enum\": [\"red\", 5, {\"a\": [1, null]}, \"火\"]}",
                "{\"type\": \"string\", \"enum\": [\"red\", 5]}",
                "{\"const\": {\"x\": \"\\\"\"}}",
                "{\"type\": \"array\", \"items\": {\"type\": \"boolean\"}, \"minItems\": 2, \"maxItems\": 3}",
                "{\"type\": \"array\", \"maxItems\": 0}",
                "{\"type\": \"object\", \"required\": [\"name\"], \"properties\": {\"age\": {\"type\": \"integer\"},"
                        + " \"name\": {\"type\": \"string\"}, \"tags\": {\"type\": \"array\", \"items\": {\"type\":"
                        + " \"string\", \"maxLength\": 4}}}, \"additionalProperties\": false}",
                "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"null\"}, \"ab\": {\"type\": \"boolean\"},"
                        + " \"火车\": {\"type\": \"boolean\"}}, \"required\": [\"other\"], \"additionalProperties\":"
                        + " {\"type\": \"integer\"}}",
                "{\"anyOf\": [{\"type\": \"integer\"}, {\"type\": \"object\", \"properties\": {\"x\": {\"$ref\":"
                        + " \"#/$defs/one\"}}, \"required\": [\"x\"]}], \"$defs\": {\"one\": {\"const\": 1}}}",
                "{\"$ref\": \"#/$defs/tree\", \"$defs\": {\"tree\": {\"type\": \"object\", \"properties\": {\"value\":"
                        + " {\"type\": \"integer\"}, \"children\": {\"type\": \"array\", \"items\": {\"$ref\":"
                        + " \"#/$defs/tree\"}, \"maxItems\": 1}}, \"required\": [\"value\"]}}}",
                "{\"type\": \"object\"}",
                "true",
                "{\"type\": \"integer\", \"minimum\": -7, \"exclusiveMaximum\": 120}",
                "{\"type\": \"integer\", \"minimum\": 2.5, \"maximum\": 5000, \"multipleOf\": 7}",
                "{\"type\": \"integer\", \"exclusiveMinimum\": 9999999999999999}",
                "{\"type\": \"integer\", \"maximum\": -11, \"multipleOf\": 25.0}",
                "{\"type\": \"integer\", \"multipleOf\": 97}",
                "{\"type\": \"integer\", \"multipleOf\": 360}",
                "{\"type\": \"number\", \"multipleOf\": 10000}",
                "{\"type\": \"integer\", \"minimum\": -999999, \"maximum\": 999999, \"multipleOf\": 9973}",
                "{\"type\": \"number\", \"minimum\": 0e999999999, \"maximum\": 1.50}",
                "{\"const\": 1e999}",
                "{\"type\": [\"integer\", \"null\"], \"format\": \"int32\"}",
                "{\"type\": \"number\", \"minimum\": 0, \"exclusiveMaximum\": 1}",
                "{\"type\": \"number\", \"exclusiveMinimum\": -2.25, \"maximum\": 13.5}",
                "{\"type\": \"number\", \"minimum\": 0.07, \"maximum\": 0.0725}",
                "{\"type\": \"number\", \"exclusiveMaximum\": -0.5, \"multipleOf\": 0.01}",
                "{\"minimum\": 3, \"maximum\": 3}",
                "{\"type\": \"string\", \"pattern\": \"^[A-Z]{2,3}-\\\\d+(?:a|b\\\\.c)?$\"}",
                "{\"type\": \"string\", \"pattern\": \"^x[^a-y0-9\\\"]{2}y$|^\\\\s*\\\\u706b+\"}",
                "{\"type\": \"string\", \"pattern\": \"(a?){3}(b*)+[\\\\w.-]\"}",
                "{\"type\": \"string\", \"pattern\": \"^[\\\\\\\\\\\"\\\\n é-火]+$\", \"minLength\": 3, \"maxLength\": 5}",
                "{\"type\": \"string\", \"pattern\": \".\"}",
                "{\"type\": \"string\", \"pattern\": \"^[^\\\\S\\\\n]?[^\\\\s\\\\d]{2,9}$\"}",
                "{\"type\": \"string\", \"format\": \"date\"}",
                "{\"type\": \"string\", \"format\": \"time\"}",
                "{\"type\": \"string\", \"format\": \"date-time\"}",
                "{\"type\": \"string\", \"format\": \"duration\"}",
                "{\"type\": \"string\", \"format\": \"uuid\", \"maxLength\": 40}",
                "{\"type\": \"string\", \"format\": \"hostname\"}",
                "{\"type\": \"string\", \"format\": \"ipv4\"}",
                "{\"type\": \"string\", \"format\": \"uri\"}"
            })
    void whateverIsChosenValidates(String schema) throws JsonProcessingException {
        // Given
        JsonNode json = JSON.readTree(schema);
        for (int seed = 0; seed < 25; seed++) {
            // When
            String answer = answer(Optional.of(json), seed);

            // Then
            assertThat(JsonSchemaFactory.getInstance(VersionFlag.V202012)
                            .getSchema(json, STRICT)
                            .validate(JSON.readTree(answer)))
                    .as(answer)
                    .isEmpty();
        }
    }

    /** By the rule that browsers go by; the validator knows but the endings of today's domains. */
    @Test
    void anAddressIsOne() throws JsonProcessingException {
        // Given
        JsonNode schema = JSON.readTree("{\"type\": \"string\", \"format\": \"email\"}");
        String label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
        for (int seed = 0; seed < 25; seed++) {
            // When
            String address = JSON.readTree(answer(Optional.of(schema), seed)).textValue();

            // Then
            assertThat(address).matches("[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@" + label + "(?:[.]" + label + ")*");
        }
    }

    /** Nothing that the bounds allow is lost, and nothing else is let in. */
    @Property(tries = 60)
    void integersWithinBoundsAndNoOthersAreLetIn(
            @ForAll @IntRange(min = -1_200, max = 1_200) int bound,
            @ForAll @IntRange(min = 0, max = 300) int width,
            @ForAll @IntRange(min = 1, max = 12) int divisor)
            throws JsonProcessingException {
        // Given
        String schema = "{\"type\": \"integer\", \"minimum\": %d, \"maximum\": %d, \"multipleOf\": %d}"
                .formatted(bound, bound + width, divisor);
        Expressions expressions = new Expressions();
        Expression known;
        try {
            known = SchemaReader.read(expressions, JSON.readTree(schema), "");
        } catch (UnsupportedSchemaException e) {
            known = expressions.nothing;
        }
        for (int number = bound - 15; number <= bound + width + 15; number++) {
            // When
            Expression state = known;
            for (byte digit : Integer.toString(number).getBytes(StandardCharsets.UTF_8)) {
                state = expressions.after(state, digit);
            }

            // Then
            boolean wanted = number >= bound && number <= bound + width && number % divisor == 0;
            assertThat(state.mayEnd()).as(schema + " " + number).isEqualTo(wanted);
        }
    }

    @Test
    void withoutASchemaAnObjectComes() throws JsonProcessingException {
        for (int seed = 0; seed < 25; seed++) {
            // When
            String answer = answer(Optional.empty(), seed);

            // Then
            assertThat(JSON.readTree(answer).isObject()).as(answer).isTrue();
        }
    }

    @Test
    void theTurnEndsWhereTheDocumentIsCompleteAndNowhereElse() throws JsonProcessingException {
        // Given
        TokenConstraint constraint = constraints
                .of(Optional.of(JSON.readTree("{\"const\": [7]}")), TOKENIZER)
                .get();
        BitSet end = new BitSet();
        end.set(TOKENIZER.endOfTurn());

        // When
        for (int token : TOKENIZER.encode("[7]")) {
            assertThat(constraint.allowed().get(TOKENIZER.endOfTurn())).isFalse();
            assertThat(constraint.allowed().get(token)).isTrue();
            constraint.advance(token);
        }

        // Then
        assertThat(constraint.allowed()).isEqualTo(end);
    }

    @Test
    void eachAnswerIsOnItsOwnWay() {
        // Given
        var made = constraints.of(Optional.empty(), TOKENIZER);
        TokenConstraint one = made.get();
        one.advance(TOKENIZER.encode("{")[0]);

        // When
        TokenConstraint other = made.get();

        // Then
        assertThat(other.allowed()).isNotEqualTo(one.allowed());
    }

    /** What is forgotten to save memory changes no answer. */
    @Test
    void aSchemaThatCountsHighIsKept() throws JsonProcessingException {
        // Given
        JsonNode schema = JSON.readTree("{\"type\": \"string\", \"minLength\": 9000, \"maxLength\": 9000}");
        TokenConstraint constraint =
                constraints.of(Optional.of(schema), TOKENIZER).get();
        int letter = TOKENIZER.encode("z")[0];
        int quote = TOKENIZER.encode("\"")[0];
        constraint.advance(quote);

        // When
        for (int i = 0; i < 9_000; i++) {
            assertThat(constraint.allowed().get(quote)).isFalse();
            constraint.advance(letter);
        }

        // Then
        assertThat(constraint.allowed().stream().mapToObj(TOKENIZER::bytes))
                .isNotEmpty()
                .allMatch(bytes -> Arrays.equals(bytes, TOKENIZER.bytes(quote)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"type\": \"string\", \"pattern\": \"(?=a)b\"} | #/pattern",
                "{\"type\": \"string\", \"pattern\": \"a**\"} | #/pattern",
                "{\"type\": \"string\", \"pattern\": \"[z-a]\"} | #/pattern",
                "{\"type\": \"string\", \"pattern\": \"(a)\\\\1\"} | #/pattern",
                "{\"type\": \"string\", \"pattern\": \"^ab+$\", \"maxLength\": 7} | #/maxLength",
                "{\"type\": \"string\", \"format\": \"iri\"} | #/format",
                "{\"type\": \"string\", \"format\": \"date\", \"pattern\": \"1\"} | #/format",
                "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"integer\", \"multipleOf\": 0.5}}} |"
                        + " #/properties/a/multipleOf",
                "{\"type\": \"integer\", \"exclusiveMinimum\": true} | #/exclusiveMinimum",
                "{\"type\": \"integer\", \"maximum\": 1e30} | #/maximum",
                "{\"type\": \"number\", \"minimum\": -1e999} | #/minimum",
                "{\"type\": \"number\", \"minimum\": 1e-999999999} | #/minimum",
                "{\"type\": \"number\", \"exclusiveMaximum\": 1e999999999} | #/exclusiveMaximum",
                "{\"type\": \"number\", \"multipleOf\": 1e999999999} | #/multipleOf",
                "{\"type\": \"integer\", \"multipleOf\": 1e-999999999} | #/multipleOf",
                "{\"type\": \"integer\", \"minimum\": 8, \"maximum\": 13, \"multipleOf\": 15} | No document",
                "{\"type\": \"word\"} | #/type",
                "{\"$ref\": \"https://example.org/x\"} | #/$ref",
                "{\"$ref\": \"#/$defs/none\"} | #/$ref",
                "{\"oneOf\": [true]} | #/oneOf",
                "{\"anyOf\": [true], \"type\": \"string\"} | #/type",
                "{\"anyOf\": [7]} | #/anyOf/0",
                "{\"type\": \"array\", \"minItems\": -1} | #/minItems",
                "{\"type\": \"array\", \"minItems\": 3, \"maxItems\": 2} | No document",
                "{\"type\": \"string\", \"enum\": [1]} | No document",
                "false | No document",
                "{\"$ref\": \"#\"} | No document",
                "{\"type\": \"object\", \"properties\": {\"a\": {\"$ref\": \"#\"}}, \"required\": [\"a\"]} | No document",
                "{\"anyOf\": [{\"$ref\": \"#\"}, {\"type\": \"null\"}]} | # refers to itself",
            })
    void whatCannotBeKeptIsRefusedByName(String schema, String message) throws JsonProcessingException {
        // Given
        JsonNode json = JSON.readTree(schema);

        // When, Then
        assertThatThrownBy(() -> constraints.of(Optional.of(json), TOKENIZER))
                .isInstanceOf(UnsupportedSchemaException.class)
                .hasMessageContaining(message);
    }

    /** Equal objects of JSON, but answers have the members in the order of each. */
    @Test
    void schemasThatDifferInOrderAreKeptEach() throws JsonProcessingException {
        // Given
        String member = "\"%s\": {\"const\": 1}";
        String schema = "{\"type\": \"object\", \"properties\": {%s, %s}, \"required\": [\"a\", \"b\"]}";
        String a = member.formatted("a");
        String b = member.formatted("b");
        answer(Optional.of(JSON.readTree(schema.formatted(a, b))), 0);

        // When
        String answer = answer(Optional.of(JSON.readTree(schema.formatted(b, a))), 0);

        // Then
        assertThat(answer.indexOf("\"b\"")).isLessThan(answer.indexOf("\"a\""));
    }

    @Test
    void aLongChainOfReferencesIsKept() throws JsonProcessingException {
        // Given
        JsonNode schema = JSON.readTree(chain(SchemaReader.MOST_REFERENCES));

        // When
        String answer = answer(Optional.of(schema), 0);

        // Then
        assertThat(answer.strip()).isEqualTo("7");
    }

    @Test
    void aLargeObjectIsKept() throws JsonProcessingException {
        // Given
        JsonNode schema = JSON.readTree(
                object(several(SchemaReader.MOST_MEMBERS, i -> "\"member %d\": {\"type\": \"integer\"}".formatted(i))));

        // When
        String answer = answer(Optional.of(schema), 0);

        // Then
        assertThat(JSON.readTree(answer).isObject()).as(answer).isTrue();
    }

    /** As the README has it. */
    @Test
    void multiplesAreKept() throws JsonProcessingException {
        for (int divisor = 1; divisor <= 10_000; divisor += divisor < 100 ? 1 : 1_237) {
            // Given
            String bounds = divisor <= 100 ? "" : ", \"minimum\": -999999, \"maximum\": 999999";
            JsonNode schema = JSON.readTree("{\"type\": \"integer\", \"multipleOf\": " + divisor + bounds + "}");

            // When
            Expression numbers = SchemaReader.read(new Expressions(), schema, "");

            // Then
            assertThat(numbers.isNothing()).isFalse();
        }
    }

    static Stream<String> tooLarge() {
        return Stream.of(
                "{\"anyOf\": [%s]}".formatted(several(1_200, i -> "{\"type\": \"string\", \"minLength\": " + i + "}")),
                chain(SchemaReader.MOST_REFERENCES + 1),
                "{\"items\":".repeat(300) + "true" + "}".repeat(300),
                object(several(501, i -> "\"m" + i + "\": true")),
                object("\"" + "n".repeat(5_000) + "\": true"),
                "{\"type\": \"string\", \"pattern\": \"^" + "a?".repeat(10_000) + "$\"}",
                "{\"type\": \"string\", \"pattern\": \"^" + "(?:a*b?)?".repeat(2_000) + "$\"}",
                object(several(200, i -> "\"" + i + "n".repeat(250) + "\": true"))
                        .replaceFirst("\\{", "{\"additionalProperties\": true, "));
    }

    @ParameterizedTest
    @MethodSource
    void tooLarge(String schema) throws JsonProcessingException {
        // Given
        JsonNode json = JSON.readTree(schema);

        // When, Then
        assertThatThrownBy(() -> constraints.of(Optional.of(json), TOKENIZER))
                .isInstanceOf(UnsupportedSchemaException.class)
                .hasMessageContaining("too large");
    }

    @Test
    void whatGrowsOnTheWayIsStopped() {
        // Given
        Expressions expressions = new Expressions();
        Expression letter = expressions.range('a', 'z');
        Expression many = expressions.choice(IntStream.range(0, 500)
                .mapToObj(i -> expressions.repeat(letter, 10_000 + i, 20_000 + i))
                .toList());
        expressions.begin();

        // When, Then
        assertThatThrownBy(() -> {
                    Expression state = many;
                    for (int i = 0; i < 10_000; i++) {
                        state = expressions.after(state, 'a');
                    }
                })
                .isInstanceOf(UnsupportedSchemaException.class);
    }

    /** Each refers to the next, the last one is a number. */
    private static String chain(int references) {
        return "{\"$ref\": \"#/$defs/0\", \"$defs\": {%s}}"
                .formatted(several(
                        references,
                        i -> "\"" + i + "\": "
                                + (i == references - 1
                                        ? "{\"const\": 7}"
                                        : "{\"$ref\": \"#/$defs/" + (i + 1) + "\"}")));
    }

    private static String object(String properties) {
        return "{\"properties\": {" + properties + "}}";
    }

    private static String several(int count, IntFunction<String> one) {
        return IntStream.range(0, count).mapToObj(one).collect(Collectors.joining(", "));
    }

    /** Any allowed token, more often one that may close something: else strings would hardly ever end. */
    private String answer(Optional<JsonNode> schema, long seed) {
        Random random = new Random(seed);
        TokenConstraint constraint = constraints.of(schema, TOKENIZER).get();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < LONGEST; i++) {
            BitSet allowed = constraint.allowed();
            assertThat(allowed.isEmpty()).isFalse();
            int token = chosen(allowed, random, i > LONGEST / 8 || random.nextInt(4) == 0);
            if (token == TOKENIZER.endOfTurn()) {
                return bytes.toString(StandardCharsets.UTF_8);
            }
            bytes.writeBytes(TOKENIZER.bytes(token));
            constraint.advance(token);
        }
        throw new AssertionError("no end in " + bytes.toString(StandardCharsets.UTF_8));
    }

    private static int chosen(BitSet allowed, Random random, boolean closing) {
        if (closing) {
            for (String end : new String[] {"", "\"", "}", "]", "0"}) {
                int token = end.isEmpty() ? TOKENIZER.endOfTurn() : TOKENIZER.encode(end)[0];
                if (allowed.get(token)) {
                    return token;
                }
            }
        }
        int[] tokens = allowed.stream().toArray();
        return tokens[random.nextInt(tokens.length)];
    }
}
