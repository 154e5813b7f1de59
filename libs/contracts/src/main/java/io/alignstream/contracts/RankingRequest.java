package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Asks people to rank several answers to one prompt, key {@code requestId}.
 *
 * @param answers the K answers, 2 to {@value #MAX_ANSWERS}; rankings refer to them by index
 * @param model the checkpoint that sampled the answers; absent when they were written by hand or recorded
 */
public record RankingRequest(
        String requestId,
        List<Message> messages,
        List<String> answers,
        @Nullable Reference model,
        Map<String, String> tags) {

    public static final int MAX_ANSWERS = 16;

    /**
     * The tag of a gold request: the order that is known to be right, for example {@code 2>0=1}, best first. It tells how
     * well an annotator judges, and nothing learns from it.
     */
    public static final String GOLD = "gold-order";

    /** The tag with the indexes of the answers that the limit cut off, separated by spaces. */
    public static final String TRUNCATED = "truncated-answers";

    /** The tag that says what the answers are ranked by, for example {@code helpful} or {@code safe}. */
    public static final String CRITERION = "criterion";

    public RankingRequest {
        Check.id("requestId", requestId);
        messages = Message.prompt(messages);
        answers = Check.list("answers", answers, 2, MAX_ANSWERS);
        answers.forEach(answer -> Check.bounded("an entry of answers", answer, Message.MAX_CONTENT));
        tags = Check.labels("tags", tags);
        if (tags.containsKey(GOLD)) {
            requireOrder(tags.get(GOLD), answers.size());
        }
        String criterion = tags.getOrDefault(CRITERION, "");
        if (!criterion.matches("|[a-z][a-z0-9-]{0,31}")) {
            throw new InvalidInputException(Reason.of("invalid.criterion").with("criterion", criterion));
        }
    }

    private static void requireOrder(String gold, int answers) {
        if (!gold.matches("\\d{1,2}([>=]\\d{1,2})*")
                || !Arrays.stream(gold.split("[>=]"))
                        .map(Integer::valueOf)
                        .sorted()
                        .toList()
                        .equals(IntStream.range(0, answers).boxed().toList())) {
            throw new InvalidInputException(
                    Reason.of("invalid.goldOrder").with("order", gold).with("last", answers - 1));
        }
    }

    /** The order that is known to be right, groups of tied answer indexes, best first; empty unless this is a gold request. */
    public Optional<List<List<Integer>>> goldOrder() {
        return Optional.ofNullable(tags.get(GOLD)).map(gold -> Arrays.stream(gold.split(">"))
                .map(group ->
                        Arrays.stream(group.split("=")).map(Integer::valueOf).toList())
                .toList());
    }

    /** What the answers are ranked by; empty if nothing particular is asked. */
    public String criterion() {
        return tags.getOrDefault(CRITERION, "");
    }

    /** Whether the model was cut off by the limit in answer {@code index}. */
    public boolean isTruncated(int index) {
        return List.of(tags.getOrDefault(TRUNCATED, "").split(" ")).contains(Integer.toString(index));
    }

    /**
     * {@code order} as the tag {@value #GOLD} has it.
     *
     * @throws InvalidInputException if a group or an index is missing
     */
    public static String goldTag(List<List<Integer>> order) {
        return Check.list("order", order, 1, MAX_ANSWERS).stream()
                .map(group -> Check.list("order[]", group, 1, MAX_ANSWERS).stream()
                        .map(String::valueOf)
                        .collect(Collectors.joining("=")))
                .collect(Collectors.joining(">"));
    }
}
