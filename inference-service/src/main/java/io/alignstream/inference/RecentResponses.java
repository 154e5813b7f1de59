package io.alignstream.inference;

import io.alignstream.contracts.Message;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The newest answers, for feedback on them; bounded in number and size, thread-safe. */
@ApplicationScoped
public class RecentResponses {

    private static final long MAX_CHARACTERS = 32L << 20;

    private final int most;
    private final Map<String, Remembered> responses = new LinkedHashMap<>();
    private long characters;

    RecentResponses(InferenceConfig config) {
        this.most = config.rememberedResponses();
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

    private record Remembered(String client, Response response, int instructions) {}

    /**
     * Remembers one.
     *
     * @param client who asked: an id gets around, by links and in logs, and must not give away what others wrote
     * @param instructions how many of the first messages were said for this response alone
     */
    public synchronized void remember(String id, String client, Response response, int instructions) {
        responses.put(id, new Remembered(client, response, instructions));
        characters += response.characters();
        Iterator<Remembered> oldest = responses.values().iterator();
        while (responses.size() > most || characters > MAX_CHARACTERS) {
            characters -= oldest.next().response().characters();
            oldest.remove();
        }
    }

    /** Whoever asked: for those who may read what others wrote. */
    public synchronized Optional<Response> find(String id) {
        return Optional.ofNullable(responses.get(id)).map(Remembered::response);
    }

    /** What {@code client} asked itself. */
    public synchronized Optional<Response> find(String id, String client) {
        return own(id, client).map(Remembered::response);
    }

    private Optional<Remembered> own(String id, String client) {
        return Optional.ofNullable(responses.get(id))
                .filter(remembered -> remembered.client().equals(client));
    }

    /** The same without the instructions that were for it alone. */
    public synchronized Optional<Response> findWithoutInstructions(String id, String client) {
        return own(id, client).map(remembered -> {
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
