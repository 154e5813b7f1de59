package io.alignstream.inference;

import io.alignstream.contracts.Message;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Optional;

/** The newest answers, for feedback on them; bounded in number and size, thread-safe. */
@ApplicationScoped
public class RecentResponses {

    private static final long MAX_CHARACTERS = 32L << 20;

    private final ClientMemory<String, Remembered> responses;

    @Inject
    RecentResponses(InferenceConfig config) {
        this(config.rememberedResponses());
    }

    RecentResponses(int most) {
        this.responses = new ClientMemory<>(most, MAX_CHARACTERS);
    }

    /**
     * An answer with what was asked.
     *
     * @param truncated whether it was cut off, by the longest allowed answer or because its reader stopped it
     * @param model sha256 of the checkpoint that answered
     */
    public record Response(List<Message> messages, String answer, boolean truncated, String model) {

        private long characters() {
            return answer.length()
                    + messages.stream()
                            .mapToLong(message -> message.content().length())
                            .sum();
        }
    }

    private record Remembered(Response response, int instructions) {}

    /**
     * Remembers one.
     *
     * @param client who asked: an id gets around, by links and in logs, and must not give away what others wrote
     * @param instructions how many of the first messages were said for this response alone
     */
    public synchronized void remember(String id, String client, Response response, int instructions) {
        responses.put(client, id, new Remembered(response, instructions), response.characters());
    }

    /** Whoever asked: for those who may read what others wrote. */
    public synchronized Optional<Response> find(String id) {
        return responses.get(id).map(Remembered::response);
    }

    /** What {@code client} asked itself. */
    public synchronized Optional<Response> find(String id, String client) {
        return responses.get(id, client).map(Remembered::response);
    }

    /** The same without the instructions that were for it alone. */
    public synchronized Optional<Response> findWithoutInstructions(String id, String client) {
        return responses.get(id, client).map(remembered -> {
            Response response = remembered.response();
            List<Message> messages = response.messages();
            return new Response(
                    messages.subList(remembered.instructions(), messages.size()),
                    response.answer(),
                    response.truncated(),
                    response.model());
        });
    }
}
