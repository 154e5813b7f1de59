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

/** {@code text_completion}, whole and in chunks. */
public final class CompletionJson implements AnswerJson {

    private final Head head;
    private final LogProbabilities probabilities;
    private final boolean withProbabilities;
    private final boolean includeUsage;
    /** What each answer begins with. */
    private final List<String> echoed;
    /** How many characters of each answer were sent. */
    private final int[] sent;

    /** @param echoed for each answer the text that it begins with; empty for none */
    public CompletionJson(
            LoadedModel model, int promptTokens, List<String> echoed, boolean withProbabilities, boolean includeUsage) {
        this.head = new Head(ResponseId.Kind.COMPLETION, model, promptTokens);
        this.probabilities = new LogProbabilities(model.tokenizer());
        this.withProbabilities = withProbabilities;
        this.includeUsage = includeUsage;
        this.echoed = List.copyOf(echoed);
        this.sent = new int[echoed.size()];
    }

    @Override
    public String id() {
        return head.id();
    }

    @Override
    public ObjectNode whole(List<Answered> answers) {
        ObjectNode json = head.of("text_completion");
        var list = json.putArray("choices");
        for (int i = 0; i < answers.size(); i++) {
            Answered answered = answers.get(i);
            addChoice(
                    list.addObject(),
                    i,
                    echoed.get(i) + answered.end().text(),
                    answered.tokens(),
                    answered.finishReason());
        }
        json.set("usage", head.usage(answers));
        return head.signed(json);
    }

    private void addChoice(
            ObjectNode choice, int index, String text, List<SampledToken> tokens, @Nullable String finishReason) {
        choice.put("text", text).put("index", index);
        if (withProbabilities) {
            choice.set("logprobs", probabilities.columns(tokens, sent[index]));
        } else {
            choice.putNull("logprobs");
        }
        choice.put("finish_reason", finishReason);
        sent[index] += text.length();
    }

    @Override
    public List<Event> opening() {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < echoed.size(); i++) {
            if (!echoed.get(i).isEmpty()) {
                events.add(chunk(i, echoed.get(i), List.of(), null));
            }
        }
        return events;
    }

    @Override
    public List<Event> piece(int choice, Generation.Piece piece) {
        return piece.text().isEmpty() && !withProbabilities
                ? List.of()
                : List.of(chunk(choice, piece.text(), piece.tokens(), null));
    }

    @Override
    public List<Event> closing(int choice, Answered answered) {
        return List.of(chunk(choice, "", List.of(), answered.finishReason()));
    }

    private Event chunk(int index, String text, List<SampledToken> tokens, @Nullable String finishReason) {
        ObjectNode json = head.of("text_completion");
        addChoice(json.putArray("choices").addObject(), index, text, tokens, finishReason);
        if (includeUsage) {
            json.putNull("usage");
        }
        return Event.of(finishReason == null ? json : head.signed(json));
    }

    @Override
    public List<Event> end(List<Answered> answers) {
        Event done = new Event(Optional.empty(), "[DONE]");
        if (!includeUsage) {
            return List.of(done);
        }
        ObjectNode json = head.of("text_completion");
        json.putArray("choices");
        json.set("usage", head.usage(answers));
        return List.of(Event.of(json), done);
    }

    @Override
    public List<Event> failure(ApiException refused, String json) {
        return List.of(new Event(Optional.empty(), json));
    }
}
