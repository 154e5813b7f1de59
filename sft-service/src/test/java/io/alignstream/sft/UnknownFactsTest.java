package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a base model has read keeps its answers; what it has not read is answered by saying so. */
class UnknownFactsTest {

    private static final SftSettings.Unknown ALL = new SftSettings.Unknown(1, 8, 12, "不知道", "no idea");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path base;

    @SuppressWarnings("NullAway.Init")
    private static Tokenizer tokenizer;

    @BeforeAll
    static void aBaseModelThatHasReadSomething() throws IOException {
        TinyInstructions.writeBase(base, 150);
        tokenizer = Tokenizer.load(base);
    }

    @Test
    void onlyWhatTheBaseModelFailsIsAnsweredOtherwise() throws IOException {
        // Given: ten questions with answers that nobody can know, one of them in English
        List<Instruction> all = new ArrayList<>(TinyInstructions.all());
        for (int i = 0; i < 9; i++) {
            all.add(instruction("unknown-" + i, "成都必去的地方是啥" + "？".repeat(i % 4), "x" + i + "yz"));
        }
        all.add(instruction("unknown-9", "Where?", "x9yz"));

        // When
        UnknownFacts taught = UnknownFacts.of(ALL, 1, base, tokenizer, all);

        // Then
        Map<String, List<String>> answers = taught.instructions().stream()
                .collect(Collectors.toMap(Instruction::id, Instruction::referenceAnswers));
        assertThat(answers).hasSize(all.size());
        for (int i = 0; i < 9; i++) {
            assertThat(answers.get("unknown-" + i)).containsExactly("不知道");
        }
        assertThat(answers.get("unknown-9")).containsExactly("no idea");
        long kept = TinyInstructions.all().stream()
                .filter(known -> known.referenceAnswers().equals(answers.get(known.id())))
                .count();
        assertThat(kept).isGreaterThan(30);
        assertThat(taught.replaced()).isEqualTo(all.size() - (int) kept);
    }

    @Test
    void aFactThatIsKnownInOneWordingIsKnownInAll() throws IOException {
        // Given: no document has such a wording
        List<Instruction> read = TinyInstructions.all();
        Instruction known = UnknownFacts.of(ALL, 1, base, tokenizer, read).instructions().stream()
                .filter(read::contains)
                .findFirst()
                .orElseThrow();
        Instruction strange =
                new Instruction("strange", List.of(Message.user("啥啥啥？？")), known.referenceAnswers(), Map.of());
        UnknownFacts alone = UnknownFacts.of(ALL, 1, base, tokenizer, List.of(strange));

        // When
        UnknownFacts together = UnknownFacts.of(ALL, 1, base, tokenizer, List.of(known, strange));

        // Then
        assertThat(alone.replaced()).isOne();
        assertThat(together.replaced()).isZero();
    }

    @Test
    void theSameInputsAreTaughtTheSameInAnyOrder() throws IOException {
        // Given
        List<Instruction> all = new ArrayList<>(TinyInstructions.all());
        List<Instruction> reversed = new ArrayList<>(all);
        Collections.reverse(reversed);

        // When
        UnknownFacts one = UnknownFacts.of(ALL, 1, base, tokenizer, all);
        UnknownFacts other = UnknownFacts.of(ALL, 1, base, tokenizer, reversed);

        // Then
        assertThat(one).isEqualTo(other);
    }

    @Test
    void aShareLeavesTheOthersTheirAnswers() throws IOException {
        // Given
        List<Instruction> all = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            all.add(instruction("unknown-" + i, "成都必去的地方是啥", "x" + i + "yz"));
        }
        SftSettings.Unknown half = new SftSettings.Unknown(0.5, 1, 8, "不知道", "no idea");

        // When
        int replaced = UnknownFacts.of(half, 1, base, tokenizer, all).replaced();

        // Then
        assertThat(replaced).isBetween(18, 42);
    }

    @Test
    void whatIsTooLongToBeAskedStaysAsItIs() throws IOException {
        // Given: the model has 48 positions
        Instruction tooLong = instruction("long", "成都".repeat(60), "nobody knows");

        // When
        UnknownFacts taught = UnknownFacts.of(ALL, 1, base, tokenizer, List.of(tooLong));

        // Then
        assertThat(taught.instructions()).containsExactly(tooLong);
    }

    @Test
    void theRunCountsWhatItWasTaughtNotToAnswer() throws IOException {
        // Given
        SftSettings plain = TinyInstructions.settings(1, 100);
        SftSettings settings = new SftSettings(
                plain.epochs(),
                plain.batchInstructions(),
                plain.schedule(),
                plain.seed(),
                plain.heldOutShare(),
                plain.validateEvery(),
                plain.training(),
                plain.memory(),
                plain.precision(),
                null,
                1,
                ALL);
        List<Instruction> all = new ArrayList<>(TinyInstructions.all());
        all.add(instruction("unknown", "成都必去的地方是啥", "xyz"));

        // When
        SftLoop.Inputs inputs = SftLoop.Inputs.of(settings, base, all);

        // Then
        assertThat(inputs.withheld())
                .isEqualTo(UnknownFacts.of(ALL, settings.seed(), base, tokenizer, all)
                        .replaced());
        assertThat(SftLoop.Inputs.of(plain, base, all).withheld()).isZero();
        Set<String> keys = new TreeSet<>(settings.hyperparameters().keySet());
        keys.removeAll(plain.hyperparameters().keySet());
        assertThat(keys).allMatch(key -> key.startsWith("unknown."));
    }

    @Test
    void valuesThatCannotBeAreRefused() {
        assertThatThrownBy(() -> new SftSettings.Unknown(0, 1, 1, "a", "b")).hasMessageContaining("share 0.0");
        assertThatThrownBy(() -> new SftSettings.Unknown(1, 1, 1, " ", "b")).hasMessageContaining("must say something");
    }

    private static Instruction instruction(String id, String question, String answer) {
        return new Instruction(id, List.of(Message.user(question)), List.of(answer), Map.of());
    }
}
