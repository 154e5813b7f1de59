package io.alignstream.local.service;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Message;
import io.alignstream.local.site.LaunchException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client of reward-service's ranking desk, which does what its page does; thread-safe. Every method fails with a {@link
 * LaunchException} if the service does not answer or refuses.
 */
public final class DeskClient {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    /** Longer than the service gives the broker. */
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final ServiceClient service;

    public DeskClient(URI address) {
        this.service = new ServiceClient(address);
    }

    /**
     * A request as an annotator gets it.
     *
     * @param answers the different ones, in an order that is the annotator's
     * @param remaining requests that wait for the annotator, this one counted
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Question(String requestId, List<Message> messages, List<Answer> answers, int remaining) {

        public Question {
            messages = List.copyOf(messages);
            answers = List.copyOf(answers);
        }
    }

    /**
     * One of the different answers.
     *
     * @param indexes of all answers of the request that are this one
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Answer(List<Integer> indexes, String text) {

        public Answer {
            indexes = List.copyOf(indexes);
        }
    }

    /**
     * What an annotator says.
     *
     * @param order groups of indexes of the request's answers, best first
     * @param scores one for each answer of the request
     * @param reasons one for each answer of the request
     */
    public record Judgement(
            String requestId, String annotator, List<List<Integer>> order, List<Double> scores, List<String> reasons) {}

    /**
     * How much is ranked.
     *
     * @param rankings that count
     * @param there rankings that count for the next training
     * @param needed rankings that start it
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Progress(int rankings, int there, int needed) {}

    /**
     * How far the annotators agree.
     *
     * @param requests that two or more have ranked
     * @param alpha Krippendorff's α for ordinal values, null if nothing varies
     * @param concordance Kendall's W, the mean of the requests, null if no order was given
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Agreement(int requests, @Nullable Double alpha, @Nullable Double concordance) {}

    /** The next request for {@code annotator}, who holds it until it is ranked or passed on; empty if none waits. */
    public Optional<Question> next(String annotator) {
        JsonNode next =
                service.get("/ranking-requests/next?annotator=" + URLEncoder.encode(annotator, StandardCharsets.UTF_8));
        return next.isMissingNode() ? Optional.empty() : Optional.of(read(next, Question.class));
    }

    /** Sends a judgement; sending it twice is sending it once. */
    public void rank(Judgement judgement) {
        service.post("/rankings", JSON.valueToTree(judgement).toString(), LIMIT);
    }

    /** Says that {@code annotator} does not know enough to judge a request. */
    public void pass(String requestId, String annotator, String note) {
        JsonNode pass = JSON.valueToTree(
                Map.of("requestId", requestId, "annotator", annotator, "cause", "knowledge", "note", note));
        service.post("/ranking-requests/passed", pass.toString(), LIMIT);
    }

    /** How much is ranked. */
    public Progress progress() {
        return read(service.get("/ranking-requests/progress"), Progress.class);
    }

    /** How far the annotators agree. */
    public Agreement agreement() {
        return read(service.get("/ranking-requests/agreement"), Agreement.class);
    }

    private static <T> T read(JsonNode answer, Class<T> type) {
        try {
            return JSON.treeToValue(answer, type);
        } catch (JsonProcessingException e) {
            throw new LaunchException(
                    "The ranking desk answered what is no " + type.getSimpleName() + ": " + e.getOriginalMessage(), e);
        }
    }
}
