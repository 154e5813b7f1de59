package io.alignstream.inference.openai.answer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.inference.generation.Generation;
import io.alignstream.inference.openai.request.ApiException;
import java.util.List;
import java.util.Optional;

/** How one kind of call is answered: at once, or as the events of a stream. For one call and one thread. */
public interface AnswerJson {

    /**
     * One event of a stream.
     *
     * @param name empty where the API gives events none
     */
    record Event(Optional<String> name, String data) {

        static Event of(ObjectNode data) {
            return new Event(Optional.empty(), data.toString());
        }
    }

    /** Id of the response, for feedback on it and its lineage. */
    String id();

    /** All answers at once. */
    ObjectNode whole(List<Answered> answers);

    /** What comes before the answers. */
    List<Event> opening();

    /** The next piece of answer {@code choice}. */
    List<Event> piece(int choice, Generation.Piece piece);

    /** The end of answer {@code choice}. */
    List<Event> closing(int choice, Answered answered);

    /** What comes behind all answers. */
    List<Event> end(List<Answered> answers);

    /** What comes in place of the rest when there is none; {@code json} is what a call refused so gets. */
    List<Event> failure(ApiException refused, String json);
}
