package io.alignstream.inference.openai.answer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.ResponseId;
import io.alignstream.inference.generation.Generation;
import io.alignstream.inference.openai.request.ApiException;
import io.alignstream.inference.openai.request.ToolCalls;
import io.alignstream.languagemodel.generation.SampledToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code chat.completion} and {@code chat.completion.chunk}. */
public final class ChatJson implements AnswerJson {

    private final Head head;
    private final LogProbabilities probabilities;
    /** Of each answer. */
    private final List<CallReader> readers;

    private final boolean withProbabilities;
    private final boolean includeUsage;
    private final Optional<Sources> sources;

    /**
     * The JSON of one call.
     *
     * @param choices how many answers there will be
     * @param calls of tools that each may hold
     * @param sources what they are grounded in; empty where that was not asked for
     */
    public ChatJson(
            LoadedModel model,
            int promptTokens,
            int choices,
            Optional<ToolCalls> calls,
            boolean withProbabilities,
            boolean includeUsage,
            Optional<Sources> sources) {
        this.sources = sources;
        this.head = new Head(ResponseId.Kind.CHAT, model, promptTokens);
        this.probabilities = new LogProbabilities(model.tokenizer());
        this.readers =
                Stream.generate(() -> new CallReader(calls)).limit(choices).toList();
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
            CallReader reader = readers.get(i);
            reader.next(answered.end().text());
            reader.end();
            choice.set("message", message(reader));
            addProbabilities(choice, answered.tokens());
            choice.put("finish_reason", finishReason(reader, answered));
            if (readers.size() > 1) {
                answered.receipt().ifPresent(receipt -> choice.put("receipt", receipt));
            }
        }
        json.set("usage", head.usage(answers));
        sources.ifPresent(known -> json.set(Sources.FIELD, known.json()));
        answers.getFirst().receipt().ifPresent(receipt -> json.put("receipt", receipt));
        return head.signed(json);
    }

    /** What is said is null where nothing is said but something called. */
    private static ObjectNode message(CallReader reader) {
        List<CallReader.Call> calls = reader.calls();
        ObjectNode message = Head.JSON
                .objectNode()
                .put("role", "assistant")
                .put("content", calls.isEmpty() || !reader.text().isEmpty() ? reader.text() : null)
                .putNull("refusal");
        if (!calls.isEmpty()) {
            ArrayNode list = message.putArray("tool_calls");
            calls.forEach(call -> list.addObject()
                    .put("id", call.id())
                    .put("type", "function")
                    .putObject("function")
                    .put("name", call.name())
                    .put("arguments", call.arguments()));
        }
        return message;
    }

    private static String finishReason(CallReader reader, Answered answered) {
        return reader.calls().isEmpty() || answered.cutOff() ? answered.finishReason() : "tool_calls";
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
        for (int i = 0; i < readers.size(); i++) {
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
        List<Event> events = new ArrayList<>(chunks(choice, readers.get(choice).next(piece.text()), piece.tokens()));
        if (events.isEmpty() && withProbabilities) {
            ObjectNode delta = Head.JSON.objectNode().put("content", "");
            events.add(Event.of(chunk(choice, delta, piece.tokens(), null)));
        }
        return events;
    }

    /** The first one has the probabilities of all {@code tokens}. */
    private List<Event> chunks(int choice, List<CallReader.Part> parts, List<SampledToken> tokens) {
        List<Event> events = new ArrayList<>();
        for (CallReader.Part part : parts) {
            ObjectNode delta = Head.JSON.objectNode();
            switch (part) {
                case CallReader.Said said -> delta.put("content", said.text());
                case CallReader.Begun begun ->
                    delta.putArray("tool_calls")
                            .addObject()
                            .put("index", begun.index())
                            .put("id", begun.id())
                            .put("type", "function")
                            .putObject("function")
                            .put("name", begun.name())
                            .put("arguments", "");
                case CallReader.Arguments arguments ->
                    delta.putArray("tool_calls")
                            .addObject()
                            .put("index", arguments.index())
                            .putObject("function")
                            .put("arguments", arguments.text());
            }
            events.add(Event.of(chunk(choice, delta, events.isEmpty() ? tokens : List.of(), null)));
        }
        return events;
    }

    /** What was held back, and the chunk that says why the answer ended. */
    @Override
    public List<Event> closing(int choice, Answered answered) {
        CallReader reader = readers.get(choice);
        List<Event> events = chunks(choice, reader.end(), List.of());
        ObjectNode json = chunk(choice, Head.JSON.objectNode(), List.of(), finishReason(reader, answered));
        answered.receipt().ifPresent(receipt -> json.put("receipt", receipt));
        events.add(Event.of(head.signed(json)));
        return events;
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
