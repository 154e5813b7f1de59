package io.alignstream.languagemodel.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.encoding.Metaspace.Before;
import io.alignstream.languagemodel.tokenizer.encoding.TokenBuffer;
import io.alignstream.languagemodel.tokenizer.format.ChatConfig;
import io.alignstream.languagemodel.tokenizer.jinja.JinjaTemplate;
import io.alignstream.languagemodel.tokenizer.jinja.MarkedText;
import io.alignstream.languagemodel.tokenizer.jinja.TemplateException;
import io.alignstream.languagemodel.tokenizer.vocabulary.AddedTokens;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A foreign model's own chat template. Immutable, thread-safe.
 *
 * <p>What the template says may name control tokens; what a message says is text wherever the template puts it. Between a
 * prompt and the answer to it text is always cut, as it was when the answer was written.
 */
final class ForeignChat {

    /** A message, or an answer, which may be empty. */
    private record Said(Message.Role role, String content) {
        static List<Said> all(List<Message> messages) {
            return messages.stream()
                    .map(message -> new Said(message.role(), message.content()))
                    .toList();
        }
    }

    /** Words that no template changes. */
    private static final Said SYSTEM = new Said(Message.Role.SYSTEM, "Answer in one sentence.");

    private static final Said QUESTION = new Said(Message.Role.USER, "Where is the harbour?");
    private static final Said ANSWER = new Said(Message.Role.ASSISTANT, "It lies beyond the old bridge.");

    /** By a name that an error can say. */
    private static final Map<String, List<Said>> PROMPTS = prompts();

    private final ChatConfig config;
    private final JinjaTemplate template;
    private final Tokenizer tokenizer;
    private final Map<String, Object> names = new HashMap<>();
    private final int endOfTurn;
    private final String end;
    /** What stands between the prompt and what is said in an answer, and between that and the end of the turn. */
    private final String opening;

    private final String closing;
    private final boolean showsTools;
    private final Optional<ToolCallLayout> toolCalls;

    private static Map<String, List<Said>> prompts() {
        Map<String, List<Said>> prompts = new LinkedHashMap<>();
        prompts.put("a question", List.of(QUESTION));
        prompts.put("a system message and a question", List.of(SYSTEM, QUESTION));
        prompts.put("a second question", List.of(QUESTION, ANSWER, QUESTION));
        return prompts;
    }

    /**
     * Reads and tries the template.
     *
     * @param tokenizer with the control tokens that the template may name
     * @throws IllegalArgumentException if it cannot be rendered exactly, or an answer does not continue its prompt or has no
     *     end; says which and the way out
     */
    ForeignChat(ChatConfig config, Tokenizer tokenizer) {
        this.config = config;
        this.tokenizer = tokenizer;
        config.names().forEach((name, text) -> names.put(name, MarkedText.of(text, MarkedText.TEMPLATE)));
        try {
            template = JinjaTemplate.read(config.template());
            MarkedText prompt = render(List.of(QUESTION), true);
            MarkedText whole = render(List.of(QUESTION, ANSWER), false);
            require(whole.value().startsWith(prompt.value()), "an answer does not continue the prompt");
            int said = whole.origins().indexOf(origin(1));
            require(said >= prompt.length(), "an answer is not in its place");
            int last = whole.origins().lastIndexOf(origin(1)) + 1;
            AddedTokens.Found token = tokenizer
                    .firstControlToken(whole.substring(last, whole.length()))
                    .orElseThrow(() -> refused("an answer has no control token at its end", null));
            require(whole.substring(said, last).value().equals(ANSWER.content()), "an answer is not what was said");
            endOfTurn = token.token().id();
            end = token.token().text();
            opening = whole.value().substring(prompt.length(), said);
            closing = whole.value().substring(last, last + token.begin());
            require(closing.isBlank(), "an answer ends with a text instead of a control token: '" + closing + "'");
            for (Map.Entry<String, List<Said>> each : PROMPTS.entrySet()) {
                tryOut(each.getKey(), each.getValue());
            }
        } catch (TemplateException e) {
            throw refused(String.valueOf(e.getMessage()), e);
        }
        showsTools = seesTools();
        toolCalls = showsTools ? readToolCalls() : Optional.empty();
    }

    /** The template itself may refuse a conversation; rendered, it must be one that a model can learn from. */
    private void tryOut(String kind, List<Said> prompt) {
        MarkedText asked;
        MarkedText whole;
        try {
            asked = render(prompt, true);
            whole = render(with(prompt, ANSWER.content()), false);
        } catch (TemplateException e) {
            if (e.kind() == TemplateException.Kind.UNSUPPORTED) {
                throw refused("of " + kind + ": " + e.getMessage(), e);
            }
            return;
        }
        require(whole.value().startsWith(asked.value()), "of " + kind + ", the answer does not continue the prompt");
        require(
                whole.origins().indexOf(origin(prompt.size())) >= asked.length(),
                "of " + kind + ", the answer is not in its place");
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw refused(otherwise, null);
        }
    }

    private static IllegalArgumentException refused(String why, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "its chat template cannot be used: " + why
                        + "; without one (chat_template in tokenizer_config.json, chat_template.jinja) conversations are laid"
                        + " out as Alignstream's own models have them",
                cause);
    }

    ChatConfig config() {
        return config;
    }

    /** Id of the token that ends the assistant's turn. */
    int endOfTurn() {
        return endOfTurn;
    }

    int[] prompt(List<Message> messages) {
        List<Said> said = Said.all(messages);
        MarkedText text = rendered(said, true);
        return encoded(text, text.length(), turns(text, said)).ids();
    }

    /** Whether a prompt holds the tools that are offered. */
    boolean showsTools() {
        return showsTools;
    }

    /** How a call is written; empty if there is no telling name and arguments from the rest, or no tools are shown. */
    Optional<ToolCallLayout> toolCalls() {
        return toolCalls;
    }

    private boolean seesTools() {
        try {
            return withTool(maps(List.of(QUESTION)), true).value().contains(ToolCallLayout.PROBE);
        } catch (TemplateException e) {
            return false;
        }
    }

    private Optional<ToolCallLayout> readToolCalls() {
        List<Object> called = maps(List.of(QUESTION));
        called.add(value(ToolCallLayout.probe(), origin(1)));
        try {
            MarkedText asked = withTool(maps(List.of(QUESTION)), true);
            MarkedText whole = withTool(called, false);
            if (!whole.value().startsWith(asked.value())) {
                return Optional.empty();
            }
            int ended = endOfTurn(whole, asked.length());
            String turn = whole.value().substring(asked.length(), ended < 0 ? whole.length() : ended - end.length());
            return ToolCallLayout.read(turn, opening, config.template());
        } catch (TemplateException e) {
            return Optional.empty();
        }
    }

    private MarkedText withTool(List<Object> messages, boolean open) {
        return render(messages, open, value(ToolCallLayout.probeTools(), origin(0)), ToolCallLayout.PROBE.length());
    }

    /** @param begun how the turn of the assistant begins, in the template's own words */
    int[] promptWithTools(JsonNode messages, JsonNode tools, String begun) {
        List<Object> list = new ArrayList<>();
        for (JsonNode message : messages) {
            list.add(value(message, origin(list.size())));
        }
        Object offered = tools.isEmpty() ? JinjaTemplate.NONE : value(tools, origin(list.size()));
        long chars = (long) messages.toString().length() + tools.toString().length();
        try {
            MarkedText text = render(list, true, offered, chars);
            TokenBuffer out = new TokenBuffer(text.length() / 2);
            tokenizer.encodeMarked(text, out, tokenizer.behind(out));
            tokenizer.encodeMarked(own(begun), out, tokenizer.behind(out)); // cut here, as when a model wrote it
            return out.toArray();
        } catch (TemplateException e) {
            throw refused(e);
        }
    }

    /** All its texts are what somebody typed. */
    private static Object value(JsonNode json, char origin) {
        return switch (json.getNodeType()) {
            case OBJECT -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                json.properties()
                        .forEach(field ->
                                map.put(MarkedText.of(field.getKey(), origin), value(field.getValue(), origin)));
                yield map;
            }
            case ARRAY -> {
                List<Object> list = new ArrayList<>();
                json.forEach(element -> list.add(value(element, origin)));
                yield list;
            }
            case STRING -> MarkedText.of(json.textValue(), origin);
            case BOOLEAN -> json.booleanValue();
            case NUMBER ->
                json.canConvertToLong() && json.isIntegralNumber() ? (Object) json.longValue() : json.doubleValue();
            default -> JinjaTemplate.NONE;
        };
    }

    /** The prompt and the beginning of an answer, up to its last character. */
    int[] continued(List<Message> messages, String begun) {
        List<Said> prompt = Said.all(messages);
        MarkedText asked = rendered(prompt, true);
        MarkedText whole = rendered(with(prompt, begun), false);
        int said = whole.origins().lastIndexOf(origin(prompt.size())) + 1;
        if (said < asked.length() || !whole.value().startsWith(asked.value())) {
            throw new InvalidInputException(Reason.of("template.answerDoesNotFit"));
        }
        List<Turn> turns = new ArrayList<>(turns(asked, prompt));
        turns.add(new Turn(asked.length(), said));
        return encoded(whole, said, turns).ids();
    }

    Conversation conversation(List<Message> messages, String answer, boolean everyTurn) {
        List<Said> prompt = Said.all(messages);
        MarkedText asked = rendered(prompt, true);
        MarkedText whole = rendered(with(prompt, answer), false);
        int said = Math.max(asked.length(), whole.origins().lastIndexOf(origin(prompt.size())) + 1);
        int ended = endOfTurn(whole, said);
        if (ended < 0 || !whole.value().startsWith(asked.value())) {
            throw new InvalidInputException(Reason.of("template.answerDoesNotFit"));
        }
        List<Turn> turns = new ArrayList<>(turns(whole, prompt));
        turns.add(new Turn(asked.length(), ended));
        return encoded(whole, ended, turns).learning(everyTurn ? 0 : turns.size() - 1);
    }

    /** What was said, of the text that a model has written in its turn. */
    String said(String written) {
        String text = written.startsWith(opening) ? written.substring(opening.length()) : written;
        return text.endsWith(closing) ? text.substring(0, text.length() - closing.length()) : text;
    }

    /** The ids before a question, and those between its end of turn and the answer; empty if a question ends otherwise. */
    Optional<ChatTemplate.Question> question() {
        MarkedText asked = rendered(List.of(QUESTION), true);
        int begin = asked.origins().indexOf(origin(0));
        int after = begin + QUESTION.content().length();
        if (begin < 0 || endOfTurn(asked, after) != after + end.length()) {
            return Optional.empty();
        }
        return Optional.of(new ChatTemplate.Question(
                ids(asked.substring(0, begin), Before.NOTHING),
                ids(asked.substring(after + end.length(), asked.length()), Before.ADDED_TOKEN)));
    }

    private static char origin(int message) {
        return (char) (message + 1);
    }

    private static List<Said> with(List<Said> prompt, String answer) {
        return Stream.concat(prompt.stream(), Stream.of(new Said(Message.Role.ASSISTANT, answer)))
                .toList();
    }

    private MarkedText rendered(List<Said> messages, boolean open) {
        try {
            return render(messages, open);
        } catch (TemplateException e) {
            throw refused(e);
        }
    }

    private static InvalidInputException refused(TemplateException e) {
        return new InvalidInputException(Reason.of("template.refused").with("why", String.valueOf(e.getMessage())));
    }

    private MarkedText render(List<Said> messages, boolean open) {
        long chars = messages.stream()
                .mapToLong(message -> message.content().length())
                .sum();
        return render(maps(messages), open, JinjaTemplate.NONE, chars);
    }

    private static List<Object> maps(List<Said> messages) {
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            Said message = messages.get(i);
            Map<Object, Object> map = new LinkedHashMap<>();
            map.put(own("role"), own(message.role().name().toLowerCase(Locale.ROOT)));
            map.put(own("content"), MarkedText.of(message.content(), origin(i)));
            list.add(map);
        }
        return list;
    }

    private MarkedText render(List<Object> list, boolean open, Object tools, long chars) {
        Map<String, Object> given = new HashMap<>(names);
        given.put("messages", list);
        given.put("add_generation_prompt", open);
        given.put("tools", tools);
        given.put("documents", JinjaTemplate.NONE);
        return template.render(given, chars);
    }

    private static MarkedText own(String text) {
        return MarkedText.of(text, MarkedText.TEMPLATE);
    }

    /** A turn of the assistant, from where its prompt ends to behind its end of turn. */
    private record Turn(int begin, int end) {}

    /** Behind the first end of turn of the template from {@code from} on; below 0 if there is none. */
    private int endOfTurn(MarkedText text, int from) {
        for (int at = text.value().indexOf(end, from);
                at >= 0;
                at = text.value().indexOf(end, at + 1)) {
            int behind = at + end.length();
            if (text.origins().substring(at, behind).chars().allMatch(origin -> origin == MarkedText.TEMPLATE)) {
                return behind;
            }
        }
        return -1;
    }

    /** The turns of the assistant in {@code messages} that say something and end before another message. */
    private List<Turn> turns(MarkedText text, List<Said> messages) {
        List<Turn> turns = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < messages.size(); i++) {
            int said = text.origins().indexOf(origin(i));
            if (messages.get(i).role() != Message.Role.ASSISTANT || said < from) {
                continue;
            }
            int behind = text.origins().lastIndexOf(origin(i)) + 1;
            int ended = endOfTurn(text, behind);
            boolean alone = ended >= 0
                    && text.origins().substring(behind, ended).chars().allMatch(o -> o == MarkedText.TEMPLATE);
            if (alone) {
                boolean opened = text.value().startsWith(opening, said - opening.length());
                turns.add(new Turn(Math.max(from, opened ? said - opening.length() : said), ended));
                from = ended;
            }
        }
        return turns;
    }

    private int[] ids(MarkedText text, Before before) {
        TokenBuffer out = new TokenBuffer(text.length() / 2);
        tokenizer.encodeMarked(text, out, before);
        return out.toArray();
    }

    /** Token ids, and of each turn of the assistant the first and the one behind the last. */
    private record Encoded(int[] ids, List<Turn> turns) {
        Conversation learning(int fromTurn) {
            BitSet learned = new BitSet();
            turns.subList(fromTurn, turns.size()).forEach(turn -> learned.set(turn.begin(), turn.end()));
            boolean[] each = new boolean[ids.length];
            learned.stream().forEach(index -> each[index] = true);
            return new Conversation(ids, each);
        }
    }

    /** The first {@code length} chars, cut where the turns of the assistant begin and end. */
    private Encoded encoded(MarkedText text, int length, List<Turn> turns) {
        TokenBuffer out = new TokenBuffer(length / 2);
        List<Turn> places = new ArrayList<>();
        int at = 0;
        for (Turn turn : turns) {
            tokenizer.encodeMarked(text.substring(at, turn.begin()), out, tokenizer.behind(out));
            int begin = out.size();
            tokenizer.encodeMarked(text.substring(turn.begin(), turn.end()), out, tokenizer.behind(out));
            places.add(new Turn(begin, out.size()));
            at = turn.end();
        }
        tokenizer.encodeMarked(text.substring(at, length), out, tokenizer.behind(out));
        return new Encoded(out.toArray(), places);
    }
}
