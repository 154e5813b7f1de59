package io.alignstream.languagemodel.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.encoding.TokenBuffer;
import io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * How a conversation becomes token ids: the role's token, the content, the end-of-turn token, message by message; or what
 * the tokenizer's own template says, if it came with one.
 *
 * <p>Contents are encoded as ordinary text: a user who types {@code <|endofturn|>} ends no turn.
 *
 * <p>A foreign template's ids are those of transformers' {@code apply_chat_template}, but for control tokens that somebody
 * typed, for an answer that begins with white space (it is cut from its prompt, as it was when a model wrote it), and for
 * what follows the last end of turn, which is left out. Such a template may refuse a conversation, a system message for
 * example: then every method here fails with the template's words.
 */
public final class ChatTemplate {

    /**
     * The same template as {@code tokenizer_config.json} carries it for other programs. Rendered as text first, it cannot
     * tell a typed control token from a real one, so a typed one gets a blank behind its first character.
     */
    private static final String JINJA = "{%- for message in messages -%}"
            + "{%- if message['role'] not in ['system', 'user', 'assistant'] -%}"
            + "{{- raise_exception('unknown role: ' + message['role']) -}}"
            + "{%- endif -%}"
            + "{%- set content = message['content'] -%}"
            + "TYPED"
            + "{{- '<|' + message['role'] + '|>' + content + 'END_OF_TURN' -}}"
            + "{%- endfor -%}"
            + "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}";

    /** What no filter but {@code join} and no method but {@code split} says, which every program knows that renders templates. */
    private static final String TYPED = "{%- set content = content.split('TOKEN') | join('BROKEN') -%}";

    /** The template of earlier versions, which stands beside their models. */
    private static final String TRUSTING_JINJA = "{%- for message in messages -%}"
            + "{%- if message['role'] not in ['system', 'user', 'assistant'] -%}"
            + "{{- raise_exception('unknown role: ' + message['role']) -}}"
            + "{%- endif -%}"
            + "{{- '<|' + message['role'] + '|>' + message['content'] + 'END_OF_TURN' -}}"
            + "{%- endfor -%}"
            + "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}";

    /**
     * What stands around a question when a model is let to write one.
     *
     * @param before ids before it
     * @param after ids between its end of turn and the answer
     */
    public record Question(int[] before, int[] after) {}

    private ChatTemplate() {}

    /** The template for programs that render text: what they make of it, they have to encode with control tokens. */
    public static String jinja(Tokenizer tokenizer) {
        return tokenizer.foreignChat().map(chat -> chat.config().template()).orElseGet(() -> ownJinja(tokenizer));
    }

    /** Whether {@code template} is what {@link #jinja} gives, or gave, for a tokenizer without a template of its own. */
    static boolean isOwn(Tokenizer plain, String template) {
        return template.equals(ownJinja(plain))
                || template.equals(TRUSTING_JINJA.replace("END_OF_TURN", plain.name(plain.endOfTurn())));
    }

    private static String ownJinja(Tokenizer tokenizer) {
        StringBuilder typed = new StringBuilder();
        for (ControlToken role : ControlToken.values()) {
            String token = tokenizer.name(tokenizer.id(role));
            typed.append(TYPED.replace("TOKEN", token).replace("BROKEN", token.charAt(0) + " " + token.substring(1)));
        }
        return JINJA.replace("TYPED", typed).replace("END_OF_TURN", tokenizer.name(tokenizer.endOfTurn()));
    }

    /** The messages and then the assistant's token, after which the model writes its answer. */
    public static int[] prompt(Tokenizer tokenizer, List<Message> messages) {
        Optional<ForeignChat> foreign = tokenizer.foreignChat();
        if (foreign.isPresent()) {
            return foreign.get().prompt(messages);
        }
        TokenBuffer ids = new TokenBuffer(64);
        messages.forEach(message -> addTurn(ids, tokenizer, message.role(), message.content()));
        ids.add(tokenizer.assistant());
        return ids.toArray();
    }

    /**
     * The prompt of a conversation in which tools are offered, called or have answered, as a template of others has it.
     *
     * @param messages as the OpenAI API has them, but arguments of calls are objects; what they say is text that somebody typed
     * @param tools likewise
     * @param begun how the answer begins; names of control tokens in it are such, so no one else may have a say in it
     * @throws InvalidInputException if there is no template that shows tools, or it refuses this
     */
    public static int[] promptWithTools(Tokenizer tokenizer, JsonNode messages, JsonNode tools, String begun) {
        return tokenizer
                .foreignChat()
                .filter(ForeignChat::showsTools)
                .orElseThrow(() -> new InvalidInputException(Reason.of("template.noTools")))
                .promptWithTools(messages, tools, begun);
    }

    /** Whether the template shows a model the tools that are offered. */
    public static boolean showsTools(Tokenizer tokenizer) {
        return tokenizer.foreignChat().filter(ForeignChat::showsTools).isPresent();
    }

    /** How the template writes calls of tools; empty if it shows none, or writes them in a way that is not known here. */
    public static Optional<ToolCallLayout> toolCalls(Tokenizer tokenizer) {
        return tokenizer.foreignChat().flatMap(ForeignChat::toolCalls);
    }

    /** The prompt and the beginning of an answer, which may be empty, with which the model goes on. */
    public static int[] continued(Tokenizer tokenizer, List<Message> messages, String begun) {
        Optional<ForeignChat> foreign = tokenizer.foreignChat();
        if (begun.isEmpty()) {
            return prompt(tokenizer, messages);
        }
        if (foreign.isPresent()) {
            return foreign.get().continued(messages, begun);
        }
        TokenBuffer ids = new TokenBuffer(64);
        for (int id : prompt(tokenizer, messages)) {
            ids.add(id);
        }
        tokenizer.encode(begun, ids);
        return ids.toArray();
    }

    /** A prompt with the answer to learn, which may be empty; the answer's ids and the end of turn behind it are learned. */
    public static Conversation conversation(Tokenizer tokenizer, List<Message> promptMessages, String answer) {
        return conversation(tokenizer, promptMessages, answer, false);
    }

    /**
     * A prompt with the answer to learn.
     *
     * @param everyTurn whether the assistant's earlier turns are learned, too; otherwise the answer only
     */
    public static Conversation conversation(
            Tokenizer tokenizer, List<Message> promptMessages, String answer, boolean everyTurn) {
        Optional<ForeignChat> foreign = tokenizer.foreignChat();
        if (foreign.isPresent()) {
            return foreign.get().conversation(promptMessages, answer, everyTurn);
        }
        TokenBuffer ids = new TokenBuffer(64);
        BitSet learned = new BitSet();
        for (Message message : promptMessages) {
            int begin = addTurn(ids, tokenizer, message.role(), message.content());
            learned.set(begin, ids.size(), everyTurn && message.role() == Message.Role.ASSISTANT);
        }
        learned.set(addTurn(ids, tokenizer, Message.Role.ASSISTANT, answer), ids.size());
        boolean[] each = new boolean[ids.size()];
        learned.stream().forEach(index -> each[index] = true);
        return new Conversation(ids.toArray(), each);
    }

    /** Id of the token that a foreign template names {@code bos_token}, {@code eos_token} and so on; empty without one. */
    public static Optional<Integer> named(Tokenizer tokenizer, String name) {
        return tokenizer
                .foreignChat()
                .map(chat -> chat.config().names().get(name))
                .map(tokenizer::encodeTrusted)
                .filter(ids -> ids.length == 1)
                .map(ids -> ids[0]);
    }

    /** Why the template takes no prompt of these messages; empty if it does. */
    public static Optional<Reason> refusal(Tokenizer tokenizer, List<Message> messages) {
        try {
            tokenizer.foreignChat().ifPresent(chat -> chat.prompt(messages));
            return Optional.empty();
        } catch (InvalidInputException e) {
            return Optional.of(e.reason());
        }
    }

    /** What was said in an answer that a model has written, without its end of turn. */
    public static String said(Tokenizer tokenizer, int... answer) {
        String text = tokenizer.decode(answer);
        return tokenizer.foreignChat().map(chat -> chat.said(text)).orElse(text);
    }

    /** What stands around a question; empty if the template does not end questions as answers. */
    public static Optional<Question> question(Tokenizer tokenizer) {
        return tokenizer
                .foreignChat()
                .map(ForeignChat::question)
                .orElseGet(() ->
                        Optional.of(new Question(new int[] {tokenizer.user()}, new int[] {tokenizer.assistant()})));
    }

    /** Where what is said begins: the role's token before it is given, not learned. */
    private static int addTurn(TokenBuffer ids, Tokenizer tokenizer, Message.Role role, String content) {
        ids.add(roleToken(tokenizer, role));
        int begin = ids.size();
        ids.addAll(tokenizer.encode(content));
        ids.add(tokenizer.endOfTurn());
        return begin;
    }

    private static int roleToken(Tokenizer tokenizer, Message.Role role) {
        return switch (role) {
            case SYSTEM -> tokenizer.system();
            case USER -> tokenizer.user();
            case ASSISTANT -> tokenizer.assistant();
        };
    }
}
