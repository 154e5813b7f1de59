package io.alignstream.inference.openai.answer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.ResponseId;
import io.alignstream.inference.generation.Generation;
import io.alignstream.inference.openai.request.ApiException;
import io.alignstream.languagemodel.generation.SampledToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code chat.completion} and {@code chat.completion.chunk}. */
public final class ChatJson implements AnswerJson {

    private final Head head;
    private final LogProbabilities probabilities;
    private final int choices;
    private final boolean withProbabilities;
    private final boolean includeUsage;
    private final Optional<Sources> sources;

    /**
     * The JSON of one call.
     *
     * @param choices how many answers there will be
     * @param sources what they are grounded in; empty where that was not asked for
     */
    public ChatJson(
            LoadedModel model,
            int promptTokens,
            int choices,
            boolean withProbabilities,
            boolean includeUsage,
            Optional<Sources> sources) {
        this.sources = sources;
        this.head = new Head(ResponseId.Kind.CHAT, model, promptTokens);
        this.probabilities = new LogProbabilities(model.tokenizer());
        this.choices = choices;
        this.withProbabilities = withProbabilities;
        this.includeUsage = includeUsage;
    }

    @Override
    public String id() {
        return head.id();
    }

    @Override
    public ObjectNode whole(List<Answered> answers) {
        ObjectNode json = head.of("chat.completion");
        var list = json.putArray("choices");
        for (int i = 0; i < answers.size(); i++) {
            Answered answered = answers.get(i);
            ObjectNode choice = list.addObject().put("index", i);
            choice.putObject("message")
                    .put("role", "assistant")
                    .put("content", answered.end().text())
                    .putNull("refusal");
            addProbabilities(choice, answered.tokens());
            choice.put("finish_reason", answered.finishReason());
            if (choices > 1) {
                answered.receipt().ifPresent(receipt -> choice.put("receipt", receipt));
            }
        }
        json.set("usage", head.usage(answers));
        sources.ifPresent(known -> json.set(Sources.FIELD, known.json()));
        answers.getFirst().receipt().ifPresent(receipt -> json.put("receipt", receipt));
        return head.signed(json);
    }

    private void addProbabilities(ObjectNode choice, List<SampledToken> tokens) {
        if (withProbabilities) {
            ObjectNode json = choice.putObject("logprobs");
            json.set("content", probabilities.list(tokens));
            json.putNull("refusal");
        } else {
            choice.putNull("logprobs");
        }
    }

    /** The first chunks, which name the role; the first of them the sources, too. */
    @Override
    public List<Event> opening() {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < choices; i++) {
            ObjectNode delta = Head.JSON.objectNode().put("role", "assistant").put("content", "");
            ObjectNode json = head.signed(chunk(i, delta, List.of(), null));
            if (i == 0) {
                sources.ifPresent(known -> json.set(Sources.FIELD, known.json()));
            }
            events.add(Event.of(json));
        }
        return events;
    }

    @Override
    public List<Event> piece(int choice, Generation.Piece piece) {
        if (piece.text().isEmpty() && !withProbabilities) {
            return List.of();
        }
        ObjectNode delta = Head.JSON.objectNode().put("content", piece.text());
        return List.of(Event.of(chunk(choice, delta, piece.tokens(), null)));
    }

    /** The chunk that says why the answer ended. */
    @Override
    public List<Event> closing(int choice, Answered answered) {
        ObjectNode json = chunk(choice, Head.JSON.objectNode(), List.of(), answered.finishReason());
        answered.receipt().ifPresent(receipt -> json.put("receipt", receipt));
        return List.of(Event.of(head.signed(json)));
    }

    @Override
    public List<Event> end(List<Answered> answers) {
        Event done = new Event(Optional.empty(), "[DONE]");
        if (!includeUsage) {
            return List.of(done);
        }
        ObjectNode json = head.of("chat.completion.chunk");
        json.putArray("choices");
        json.set("usage", head.usage(answers));
        return List.of(Event.of(json), done);
    }

    @Override
    public List<Event> failure(ApiException refused, String json) {
        return List.of(new Event(Optional.empty(), json));
    }

    private ObjectNode chunk(int index, ObjectNode delta, List<SampledToken> tokens, @Nullable String finishReason) {
        ObjectNode json = head.of("chat.completion.chunk");
        ObjectNode choice = json.putArray("choices").addObject();
        choice.put("index", index);
        choice.set("delta", delta);
        if (tokens.isEmpty()) {
            choice.putNull("logprobs");
        } else {
            addProbabilities(choice, tokens);
        }
        choice.put("finish_reason", finishReason);
        if (includeUsage) {
            json.putNull("usage");
        }
        return json;
    }
}
