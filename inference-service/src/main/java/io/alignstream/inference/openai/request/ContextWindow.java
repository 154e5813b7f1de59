package io.alignstream.inference.openai.request;

import io.alignstream.contracts.messages.Reason;
import java.util.OptionalLong;

/** The room that a model has for prompt and answer together, {@code positions} tokens. */
public record ContextWindow(int positions) {

    /** No token is longer, so a longer text cannot fit and is refused before it is encoded. */
    private static final int MOST_CHARACTERS_PER_TOKEN = 64;

    void requireCharacters(String field, long characters) {
        if (characters > (long) positions * MOST_CHARACTERS_PER_TOKEN) {
            throw ApiException.tooLong(field, reason("api.tooManyCharacters").with("characters", characters));
        }
    }

    /** Refuses a prompt that leaves no room for an answer. */
    void requireRoom(String field, int tokens) {
        if (tokens >= positions) {
            throw ApiException.tooLong(field, reason("api.tooManyTokens").with("tokens", tokens));
        }
    }

    /** Longest answer to so many tokens: what the client asks for, as far as there is room. */
    public int answer(int promptTokens, OptionalLong asked, int otherwise) {
        return (int) Math.min(asked.orElse(otherwise), positions - promptTokens);
    }

    /** With the context's length in plain digits: there are clients that read it out of the sentence. */
    private Reason reason(String code) {
        return Reason.of(code).with("positions", Integer.toString(positions));
    }
}
