package io.alignstream.inference.openai.request;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import org.jspecify.annotations.Nullable;

/** A request that is refused with an HTTP status and OpenAI's error JSON. */
public final class ApiException extends RuntimeException implements Explained {

    private static final long serialVersionUID = 1L;
    private static final String INVALID = "invalid_request_error";

    private final int status;
    private final int retryAfter;
    private final String type;
    private final @Nullable String param;
    private final @Nullable String code;

    private final transient Reason reason;

    private ApiException(int status, String type, @Nullable String param, @Nullable String code, Reason reason) {
        this(status, type, param, code, reason, 1);
    }

    private ApiException(
            int status, String type, @Nullable String param, @Nullable String code, Reason reason, int retryAfter) {
        super(Messages.english(reason));
        this.retryAfter = retryAfter;
        this.reason = reason;
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
    }

    /** A value that is not allowed; {@code reason} names it and the way out. */
    public static ApiException invalid(@Nullable String param, Reason reason) {
        return new ApiException(400, INVALID, param, null, reason);
    }

    /** A parameter that has to be said. */
    public static ApiException missing(String param) {
        return invalid(param, Reason.of("api.missing").with("parameter", param));
    }

    /** What would change the answer and cannot be done here. */
    public static ApiException unsupported(String param) {
        Reason reason = Reason.of("api.unsupported").with("parameter", param);
        return new ApiException(400, INVALID, param, "unsupported_parameter", reason);
    }

    /** A call that reaches nothing here. */
    public static ApiException refused(int status, Reason reason) {
        String type = status >= 500 ? "server_error" : INVALID;
        return new ApiException(status, type, null, status == 404 ? "unknown_url" : null, reason);
    }

    /** More than the model's context holds. */
    public static ApiException tooLong(String param, Reason reason) {
        return new ApiException(400, INVALID, param, "context_length_exceeded", reason);
    }

    /** A model that is not served here. */
    public static ApiException unknownModel(String model, String served) {
        Reason reason = Reason.of("api.unknownModel").with("model", model).with("served", served);
        return new ApiException(404, INVALID, "model", "model_not_found", reason);
    }

    /** A response that nothing is known of. */
    public static ApiException unknownResponse(String param, String id) {
        Reason reason = Reason.of("api.unknownResponse").with("id", id);
        return new ApiException(404, INVALID, param, "response_not_found", reason);
    }

    /**
     * Too much is asked at once.
     *
     * @param retryAfter seconds after which there will probably be room
     */
    public static ApiException busy(int retryAfter) {
        Reason reason = Reason.of("api.busy").with("seconds", retryAfter);
        return new ApiException(429, "rate_limit_error", null, "rate_limit_exceeded", reason, retryAfter);
    }

    /** No model is in service. */
    public static ApiException noModel(String model) {
        Reason reason = Reason.of("api.noModel").with("model", model);
        return new ApiException(503, "server_error", null, "model_not_ready", reason);
    }

    /** What is asked for besides an answer cannot be had now. */
    public static ApiException notNow(Reason reason) {
        return new ApiException(503, "server_error", "retrieval", "retrieval_not_ready", reason, 5);
    }

    /** The service ends: other instances answer, or this one when it is back. */
    public static ApiException leaving() {
        return new ApiException(503, "server_error", null, "shutting_down", Reason.of("api.leaving"));
    }

    /** The answer took too long. */
    public static ApiException timedOut() {
        return new ApiException(504, "server_error", null, "timeout", Reason.of("api.timeout"));
    }

    /** The service failed; its log says why. */
    public static ApiException failed() {
        return new ApiException(500, "server_error", null, "server_error", Reason.of("api.failed"));
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** Whether the same request may succeed a moment later. */
    public boolean retryable() {
        return status == 429 || status == 503;
    }

    /** Seconds after which it may. */
    public int retryAfter() {
        return retryAfter;
    }

    @Override
    public Reason reason() {
        return reason;
    }

    /** What the client gets. */
    public ErrorBody body() {
        return new ErrorBody(new ErrorBody.Detail(String.valueOf(getMessage()), type, param, code, reason));
    }

    /** The JSON of an error. */
    public record ErrorBody(Detail error) {

        /**
         * What went wrong; {@code param} and {@code code} may be null but are always there. {@code reason} is not
         * OpenAI's: it says the message in any language.
         */
        public record Detail(
                String message, String type, @Nullable String param, @Nullable String code, Reason reason) {}
    }
}
