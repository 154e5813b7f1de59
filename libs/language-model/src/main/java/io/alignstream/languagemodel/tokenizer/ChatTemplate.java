package io.alignstream.languagemodel.tokenizer;

import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.tokenizer.encoding.TokenBuffer;
import java.util.ArrayList;
import java.util.Arrays;
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
        for (Message message : messages) {
            ids.add(roleToken(tokenizer, message.role()));
            ids.addAll(tokenizer.encode(message.content()));
            ids.add(tokenizer.endOfTurn());
        }
        ids.add(tokenizer.assistant());
        return ids.toArray();
    }

    /** A prompt with the answer to learn; the answer's ids and the end of turn behind it are learned. */
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
        List<Message> messages = new ArrayList<>(promptMessages);
        messages.add(Message.assistant(answer));
        int[] prompt = prompt(tokenizer, messages);
        int[] ids = Arrays.copyOf(prompt, prompt.length - 1); // nobody speaks after the answer
        boolean[] learned = new boolean[ids.length];
        int at = 0;
        for (int turn = 0; turn < messages.size(); turn++) {
            Message message = messages.get(turn);
            int begin = at + 1; // the role's token is given, not learned
            at = begin + tokenizer.encode(message.content()).length + 1;
            boolean last = turn == messages.size() - 1;
            boolean learn = last || (everyTurn && message.role() == Message.Role.ASSISTANT);
            Arrays.fill(learned, begin, at, learn);
        }
        return new Conversation(ids, learned);
    }

    private static int roleToken(Tokenizer tokenizer, Message.Role role) {
        return switch (role) {
            case SYSTEM -> tokenizer.system();
            case USER -> tokenizer.user();
            case ASSISTANT -> tokenizer.assistant();
        };
    }
}
