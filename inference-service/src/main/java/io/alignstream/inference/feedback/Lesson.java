package io.alignstream.inference.feedback;

import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.kafka.EventPublisher;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What is learned from one opinion. All ids are functions of what was said, so to publish it twice changes nothing.
 *
 * @param summary what became of the opinion, for the user
 * @param ranked a comparison that the user made
 * @param instruction an answer that the user wrote
 * @param prompt a question whose answer was bad: people are to rank answers to it
 */
public record Lesson(
        Reason summary, @Nullable RankedRequest ranked, @Nullable Instruction instruction, @Nullable Prompt prompt) {

    private static final String KIND = Feedback.SOURCE;
    private static final Map<String, String> TAGS = Map.of("source", KIND);
    /** Users follow no guideline but their own mind. */
    private static final String GUIDELINE = "users";

    /**
     * The lesson of {@code feedback}.
     *
     * @param truncated those of the answers that were cut off: nobody learns to stop there
     * @param user a pseudonym, which stands for one user of one client
     * @param heldOut whether the question is held out for the gate: then nothing is learned
     * @throws io.alignstream.contracts.check.InvalidInputException if what was compared makes no ranking
     */
    public static Lesson of(Feedback feedback, Set<String> truncated, String user, boolean heldOut) {
        if (heldOut) {
            return new Lesson(Reason.of("feedback.heldOut"), null, null, null);
        }
        if (feedback.correction() != null) {
            return new Lesson(
                    Reason.of("feedback.corrected"),
                    ranked(feedback, feedback.correction(), feedback.answer(), truncated, user),
                    new Instruction(
                            KIND + "-" + feedback.responseId(),
                            feedback.messages(),
                            List.of(feedback.correction()),
                            TAGS),
                    null);
        }
        if (feedback.worse() != null) {
            return new Lesson(
                    Reason.of("feedback.compared"),
                    ranked(feedback, feedback.answer(), feedback.worse(), truncated, user),
                    null,
                    null);
        }
        if (feedback.thumb() == Feedback.Thumb.DOWN) {
            String id = KIND + "-" + Sha256.hex(feedback.messages().toString());
            return new Lesson(Reason.of("feedback.asked"), null, null, new Prompt(id, feedback.messages(), TAGS));
        }
        return new Lesson(Reason.of("feedback.noted"), null, null, null);
    }

    private static RankedRequest ranked(
            Feedback feedback, String better, String worse, Set<String> truncated, String user) {
        RankedRequest ranked = RankedRequest.of(
                feedback.messages(),
                List.of(List.of(RankedRequest.Judged.of(better)), List.of(RankedRequest.Judged.of(worse))),
                new RankedRequest.Source(KIND, "user:" + user, GUIDELINE, TAGS));
        RankingRequest request = ranked.request();
        String cut = IntStream.range(0, request.answers().size())
                .filter(index -> truncated.contains(request.answers().get(index)))
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(" "));
        return cut.isEmpty()
                ? ranked
                : new RankedRequest(
                        new RankingRequest(
                                request.requestId(),
                                request.messages(),
                                request.answers(),
                                request.model(),
                                Map.of("source", KIND, RankingRequest.TRUNCATED, cut)),
                        ranked.ranking());
    }

    /** Publishes all of it; the request before its ranking. */
    public void publish(EventPublisher publisher) {
        if (ranked != null) {
            publisher.publish(Topic.RANKING_REQUESTS, ranked.request());
            publisher.publish(Topic.RANKINGS, ranked.ranking());
        }
        if (instruction != null) {
            publisher.publish(Topic.INSTRUCTIONS, instruction);
        }
        if (prompt != null) {
            publisher.publish(Topic.PROMPTS, prompt);
        }
    }
}
