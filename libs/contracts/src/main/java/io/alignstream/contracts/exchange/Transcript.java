package io.alignstream.contracts.exchange;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A conversation as one text, {@code "\n\nHuman: … \n\nAssistant: …"}; white space around a turn is not kept. */
final class Transcript {

    private static final Pattern TURN = Pattern.compile("(?:^|\\n\\n)(Human|Assistant):");

    private Transcript() {}

    /** Whether {@code text} is one, and not just what somebody says. */
    static boolean is(String text) {
        return TURN.matcher(text).lookingAt();
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
        StringBuilder text = new StringBuilder();
        for (Message turn : turns) {
            if (turn.role() == Message.Role.SYSTEM
                    || TURN.matcher(" " + turn.content()).find()) {
                throw new InvalidInputException(Reason.of("exchange.noTranscript"));
            }
            text.append(turn.role() == Message.Role.USER ? "\n\nHuman: " : "\n\nAssistant: ")
                    .append(turn.content());
        }
        return text.toString();
    }
}
