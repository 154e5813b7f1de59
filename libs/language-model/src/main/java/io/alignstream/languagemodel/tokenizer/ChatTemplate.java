package io.alignstream.languagemodel.tokenizer;

import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.tokenizer.encoding.TokenBuffer;
import java.util.BitSet;
import java.util.List;

/**
 * How a conversation becomes token ids: the role's token, the content, the end-of-turn token, message by message.
 *
 * <p>Contents are encoded as ordinary text: a user who types {@code <|endofturn|>} ends no turn.
 */
public final class ChatTemplate {

    /**
     * The same template as {@code tokenizer_config.json} carries it for other programs. Rendered as text first, it cannot
     * tell a typed control token from a real one: programs that accept strangers' text must escape it.
     */
    private static final String JINJA = "{%- for message in messages -%}"
            + "{%- if message['role'] not in ['system', 'user', 'assistant'] -%}"
            + "{{- raise_exception('unknown role: ' + message['role']) -}}"
            + "{%- endif -%}"
            + "{{- '<|' + message['role'] + '|>' + message['content'] + 'END_OF_TURN' -}}"
            + "{%- endfor -%}"
            + "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}";

    private ChatTemplate() {}

    /** The template for programs that render text: what they make of it, they have to encode with control tokens. */
    public static String jinja(Tokenizer tokenizer) {
        return JINJA.replace("END_OF_TURN", tokenizer.name(tokenizer.endOfTurn()));
    }

    /** The messages and then the assistant's token, after which the model writes its answer. */
    public static int[] prompt(Tokenizer tokenizer, List<Message> messages) {
        TokenBuffer ids = new TokenBuffer(64);
        messages.forEach(message -> addTurn(ids, tokenizer, message.role(), message.content()));
        ids.add(tokenizer.assistant());
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
