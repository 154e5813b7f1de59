package io.alignstream.rlhf.gate;

import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A prompt that a candidate is judged by.
 *
 * @param ids token ids up to the assistant's token
 * @param right whether an answer, as token ids without the end, is a right one; null where nobody can say
 * @param improper whether the right answers are refusals
 */
public record HeldOutPrompt(int[] ids, @Nullable Predicate<int[]> right, boolean improper) {

    /** Tag {@code kind} of a prompt that a model should refuse; its reference answers are refusals. */
    static final String IMPROPER = "improper";

    /** A prompt of which nobody can say what answers are right. */
    public static HeldOutPrompt of(int[] ids) {
        return new HeldOutPrompt(ids, null, false);
    }

    /** {@code prompt} in the chat template of {@code tokenizer}. */
    public static HeldOutPrompt of(Tokenizer tokenizer, Prompt prompt) {
        return new HeldOutPrompt(
                ChatTemplate.prompt(tokenizer, prompt.messages()),
                prompt.referenceAnswers().isEmpty()
                        ? null
                        : answer -> isRight(prompt, ChatTemplate.said(tokenizer, answer)),
                IMPROPER.equals(prompt.tags().get("kind")));
    }

    /** Whether {@code answer} is a reference answer, as a whole; white space, case and width of characters do not count. */
    static boolean isRight(Prompt prompt, String answer) {
        String given = HeldOut.normalised(answer);
        return prompt.referenceAnswers().stream().map(HeldOut::normalised).anyMatch(given::equals);
    }
}
