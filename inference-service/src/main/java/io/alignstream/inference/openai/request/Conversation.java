package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A conversation that the model goes on with.
 *
 * @param messages what was said, in any order of roles; who says nothing is left out
 * @param begun how the answer begins, as a last message of the assistant has it; empty for an answer of the model's own
 * @param tools all of it where tools have to do with it, in place of the others
 */
public record Conversation(List<Message> messages, String begun, Optional<ToolTalk> tools) {

    private static final int MAX_MESSAGES = 256;
    private static final String BETWEEN = "\n\n";

    public Conversation {
        messages = List.copyOf(messages);
    }

    /** Without tools. */
    Conversation(List<Message> messages, String begun) {
        this(messages, begun, Optional.empty());
    }

    /** Reads {@code list}, the client's {@code field}. */
    static Conversation of(String field, JsonNode list) {
        return of(field, list, OfferedTools.NONE);
    }

    /** Reads {@code list}, the client's {@code field}, with the tools that are offered. */
    static Conversation of(String field, JsonNode list, OfferedTools tools) {
        if (!list.isArray() || list.isEmpty() || list.size() > MAX_MESSAGES) {
            throw ApiException.invalid(
                    field,
                    Reason.of("api.mustBeMessages").with("parameter", field).with("most", MAX_MESSAGES));
        }
        if (!tools.parameters().isEmpty()
                || StreamSupport.stream(list.spliterator(), false).anyMatch(ToolTalk::isPart)) {
            return new Conversation(List.of(), "", Optional.of(ToolTalk.of(field, list, tools)));
        }
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            message(list.get(i), field + "[" + i + "]", i == list.size() - 1).ifPresent(messages::add);
        }
        return of(messages);
    }

    /** {@code messages}, of which a last one of the assistant is begun. */
    static Conversation of(List<Message> messages) {
        boolean begun = !messages.isEmpty() && messages.getLast().role() == Message.Role.ASSISTANT;
        return begun
                ? new Conversation(
                        messages.subList(0, messages.size() - 1),
                        messages.getLast().content())
                : new Conversation(messages, "");
    }

    /** What the user has asked last; empty if nobody asks, or tools have to do with it. */
    public Optional<String> question() {
        return messages.reversed().stream()
                .filter(message -> message.role() == Message.Role.USER)
                .findFirst()
                .map(Message::content)
                .filter(text -> !text.isBlank());
    }

    /** The same with {@code text} before what the user has asked last, in the same message. */
    public Conversation asking(String text) {
        List<Message> all = new ArrayList<>(messages);
        for (int i = all.size() - 1; i >= 0; i--) {
            if (all.get(i).role() == Message.Role.USER) {
                all.set(i, said(Message.Role.USER, text + BETWEEN + all.get(i).content(), "retrieval"));
                break;
            }
        }
        return new Conversation(all, begun, tools);
    }

    /** The same after {@code earlier}. */
    public Conversation after(List<Message> earlier) {
        return tools.isPresent()
                ? new Conversation(messages, begun, tools.map(talk -> talk.after(earlier)))
                : new Conversation(
                        Stream.concat(earlier.stream(), messages.stream()).toList(), begun);
    }

    /** The calls of tools that the answer may hold, as the model of {@code tokenizer} writes them. */
    public Optional<ToolCalls> calls(Tokenizer tokenizer) {
        return tools.flatMap(talk -> talk.tools().calls(tokenizer));
    }

    /** Characters of all of it. */
    long characters() {
        return begun.length()
                + tools.map(ToolTalk::characters).orElse(0L)
                + messages.stream()
                        .mapToLong(message -> message.content().length())
                        .sum();
    }

    /**
     * The token ids after which the model writes: as its template has the conversation, and where that takes no such order of
     * roles, as it has the nearest one that it takes.
     */
    public int[] prompt(String field, Tokenizer tokenizer, ContextWindow window) {
        window.requireCharacters(field, characters());
        if (tools.isPresent()) {
            return tools.get().prompt(field, tokenizer, window);
        }
        InvalidInputException refusal = null;
        for (UnaryOperator<List<Message>> way : ways(tokenizer)) {
            try {
                int[] prompt = ChatTemplate.continued(tokenizer, way.apply(messages), begun);
                window.requireRoom(field, prompt.length);
                return prompt;
            } catch (InvalidInputException e) {
                refusal = refusal == null ? e : refusal;
            }
        }
        throw ApiException.invalid(
                field, refusal == null ? Reason.of("api.missing").with("parameter", field) : refusal.reason());
    }

    /** Own models have learned from conversations in which one speaks after the other; templates of others say what they take. */
    private static List<UnaryOperator<List<Message>>> ways(Tokenizer tokenizer) {
        return tokenizer.hasForeignTemplate()
                ? List.of(
                        messages -> messages,
                        Conversation::joined,
                        messages -> joined(systemFirst(messages)),
                        messages -> joined(saidByUsers(messages)))
                : List.of(Conversation::joined);
    }

    private static List<Message> systemFirst(List<Message> messages) {
        return Stream.of(true, false)
                .flatMap(first -> messages.stream().filter(message -> (message.role() == Message.Role.SYSTEM) == first))
                .toList();
    }

    /** For templates that know no system. */
    private static List<Message> saidByUsers(List<Message> messages) {
        return messages.stream()
                .map(message -> message.role() == Message.Role.SYSTEM ? Message.user(message.content()) : message)
                .toList();
    }

    /** What one says in several messages in a row, in one. */
    private static List<Message> joined(List<Message> messages) {
        List<Message> joined = new ArrayList<>();
        for (Message message : messages) {
            if (!joined.isEmpty() && joined.getLast().role() == message.role()) {
                joined.add(new Message(message.role(), joined.removeLast().content() + BETWEEN + message.content()));
            } else {
                joined.add(message);
            }
        }
        return joined;
    }

    /** Empty for one that says nothing, unless it is the last: that one is answered. */
    static Optional<Message> message(JsonNode message, String path, boolean last) {
        Message.Role role = role(message.path("role"), path + ".role");
        String content = content(message.get("content"), role, path + ".content");
        if (content.isBlank() && (!last || role == Message.Role.ASSISTANT)) {
            return Optional.empty();
        }
        return Optional.of(said(role, content, path + ".content"));
    }

    /** The message of {@code role} that stands in the client's {@code field}. */
    public static Message said(Message.Role role, String content, String field) {
        try {
            return new Message(role, content);
        } catch (InvalidInputException e) {
            throw ApiException.invalid(
                    field, Reason.of("api.invalid").with("parameter", field).with("problem", e.reason()));
        }
    }

    private static Message.Role role(JsonNode role, String path) {
        return switch (role.asText()) {
            case "system", "developer" -> Message.Role.SYSTEM;
            case "user" -> Message.Role.USER;
            case "assistant" -> Message.Role.ASSISTANT;
            default -> throw Body.wrong(path, role, Reason.of("api.mustBeRole"));
        };
    }

    /** The assistant may have said nothing. */
    private static String content(@Nullable JsonNode content, Message.Role role, String path) {
        if (content == null || content.isNull()) {
            if (role == Message.Role.ASSISTANT) {
                return "";
            }
            throw ApiException.missing(path);
        }
        return content(content, path);
    }

    /** A string, or parts of text that are put together. */
    static String content(JsonNode content, String path) {
        if (content.isTextual()) {
            return content.textValue();
        }
        if (!content.isArray()) {
            throw Body.wrong(path, content, Reason.of("api.mustBeContent"));
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content) {
            text.append(part(part, path));
        }
        return text.toString();
    }

    private static String part(JsonNode part, String path) {
        String field = "refusal".equals(part.path("type").textValue()) ? "refusal" : "text";
        boolean isText =
                switch (part.path("type").asText()) {
                    case "text", "input_text", "output_text", "refusal" ->
                        part.path(field).isTextual();
                    default -> false;
                };
        if (!isText) {
            throw Body.wrong(path, part, Reason.of("api.mustBeTextParts"));
        }
        return part.path(field).textValue();
    }
}
