package io.alignstream.inference.openai;

import org.jspecify.annotations.Nullable;

/** A request that is refused with an HTTP status and OpenAI's error JSON. */
public final class ApiException extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final String INVALID = "invalid_request_error";

    private final int status;
    private final String type;
    private final @Nullable String param;
    private final @Nullable String code;

    private ApiException(int status, String type, @Nullable String param, @Nullable String code, String message) {
        super(message);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
    }

    /** A value that is not allowed; {@code message} names it and the way out. */
    public static ApiException invalid(@Nullable String param, String message) {
        return new ApiException(400, INVALID, param, null, message);
    }

    static ApiException unsupported(String param, String message) {
        return new ApiException(400, INVALID, param, "unsupported_parameter", message);
    }

    static ApiException tooLong(String param, String message) {
        return new ApiException(400, INVALID, param, "context_length_exceeded", message);
    }

    static ApiException unknownModel(String model, String served) {
        String message = "The model '" + model + "' does not exist; '" + served + "' is served here.";
        return new ApiException(404, INVALID, "model", "model_not_found", message);
    }

    static ApiException unknownResponse(String id) {
        String message = "No recent answer has the id '" + id
                + "'; feedback is possible until newer answers have taken its place or the service restarts.";
        return new ApiException(404, INVALID, "response_id", "response_not_found", message);
    }

    static ApiException busy() {
        String message = "Too many requests are waiting; try again in a moment.";
        return new ApiException(429, "rate_limit_error", null, "rate_limit_exceeded", message);
    }

    static ApiException noModel(String model) {
        String message = "No release of '" + model + "' is approved yet; try again when training has come that far.";
        return new ApiException(503, "server_error", null, "model_not_ready", message);
    }

    static ApiException timedOut(String message) {
        return new ApiException(504, "server_error", null, "timeout", message);
    }

    static ApiException failed(String message) {
        return new ApiException(500, "server_error", null, "server_error", message);
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** Whether the same request may succeed a moment later. */
    boolean retryable() {
        return status == 429 || status == 503;
    }

    ErrorBody body() {
        return new ErrorBody(new ErrorBody.Detail(String.valueOf(getMessage()), type, param, code));
    }

    /** The JSON of an error. */
    public record ErrorBody(Detail error) {

        /** What went wrong; {@code param} and {@code code} may be null but are always there. */
        public record Detail(String message, String type, @Nullable String param, @Nullable String code) {}
    }
}
