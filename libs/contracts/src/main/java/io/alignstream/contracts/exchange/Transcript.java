package io.alignstream.contracts.exchange;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A conversation as one text, {@code "\n\nHuman: … \n\nAssistant: …"}; white space around a turn is not kept. */
final class Transcript {

    private static final Pattern TURN = Pattern.compile("(?:^|\\n\\n|\\r\\n\\r\\n)(Human|Assistant):");
    private static final Pattern NO_ANSWER = Pattern.compile("(?:\\n\\n|\\r\\n\\r\\n)Assistant:\\s*$");

    private Transcript() {}

    /** Whether {@code text} is one, and not just what somebody says. */
    static boolean is(String text) {
        return TURN.matcher(text).lookingAt();
    }

    /** Whether {@code text} ends with the word that an answer is to follow: a prompt, or an answer that says nothing. */
    static boolean endsBeforeAnswer(String text) {
        return NO_ANSWER.matcher(text).find();
    }

    /** The turns of {@code text}; a text that is no transcript is the user's only turn. */
    static List<Message> read(String text) {
        if (!is(text)) {
            return List.of(Message.user(text));
        }
        List<Message> turns = new ArrayList<>();
        Matcher turn = TURN.matcher(text);
        boolean more = turn.find();
        while (more) {
            boolean user = turn.group(1).equals("Human");
            int start = turn.end();
            more = turn.find();
            String said =
                    text.substring(start, more ? turn.start() : text.length()).strip();
            // A prompt ends with the word that the answer is to follow.
            if (more || user || !said.isEmpty()) {
                turns.add(user ? Message.user(said) : Message.assistant(said));
            }
        }
        return turns;
    }

    /**
     * The text that is read as {@code messages}: what the user says if that is all, else the text of the turns.
     *
     * @throws InvalidInputException if there is a turn that would not be read again
     */
    static String prompt(List<Message> messages) {
        return messages.size() == 1 && !is(messages.getFirst().content())
                ? messages.getFirst().content()
                : write(messages);
    }

    /**
     * The text of {@code turns}.
     *
     * @throws InvalidInputException if there is a turn that would not be read again
     */
    static String write(List<Message> turns) {
        return turns.stream().map(turn -> turn(turn.role(), turn.content())).collect(Collectors.joining());
    }

    /** The text of {@code turns} and then an answer, which may be empty; fails as without it. */
    static String write(List<Message> turns, String answer) {
        return write(turns) + turn(Message.Role.ASSISTANT, answer);
    }

    private static String turn(Message.Role role, String content) {
        if (role == Message.Role.SYSTEM || TURN.matcher(" " + content).find()) {
            throw new InvalidInputException(Reason.of("exchange.noTranscript"));
        }
        return (role == Message.Role.USER ? "\n\nHuman: " : "\n\nAssistant: ") + content;
    }
}
