package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import java.util.List;
import java.util.Map;
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

    public RankingRequest {
        Check.id("requestId", requestId);
        messages = Message.prompt(messages);
        answers = Check.list("answers", answers, 2, MAX_ANSWERS);
        answers.forEach(answer -> Check.bounded("an entry of answers", answer, Message.MAX_CONTENT));
        tags = Check.labels("tags", tags);
    }
}
