package io.alignstream.inference.openai.answer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.alignstream.inference.openai.request.ToolCalls;
import io.alignstream.languagemodel.tokenizer.ToolCallLayout;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells what an answer says from the tools that it calls, while it is being written; for one answer and one thread.
 *
 * <p>What is said is handed on at once, up to what may announce a call. A forced call is handed on piece by piece, too, as nothing
 * else can come; of a free one nothing is told before the answer's end, since it may turn out to be none: JSON that is broken, or
 * the name of a tool that was not offered. Then it is text like any other.
 */
final class CallReader {

    /** What an answer consists of: texts, and calls, each of which begins and then gets its arguments. */
    sealed interface Part {}

    record Said(String text) implements Part {}

    /** @param id by which the tool's answer names the call */
    record Begun(int index, String id, String name) implements Part {}

    record Arguments(int index, String text) implements Part {}

    /** A complete call. */
    record Call(String id, String name, String arguments) {}

    private static final JsonFactory JSON = new JsonFactory();
    private static final Pattern BARE_NAME = Pattern.compile("\\s*([A-Za-z0-9_.:/-]+)");
    private static final String ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    /** Mistral's templates take no others. */
    private static final int ID_LENGTH = 9;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final @Nullable ToolCalls calls;
    private final List<Call> complete = new ArrayList<>();
    private final StringBuilder said = new StringBuilder();
    private String held;
    /** Whether what is held is a call, or nothing can be one any more. */
    private boolean calling;

    private boolean silent = true;
    private @Nullable Begun forced;
    private final StringBuilder forcedArguments = new StringBuilder();

    /** @param calls that the answer may hold; empty: it is text */
    CallReader(Optional<ToolCalls> calls) {
        this.calls = calls.orElse(null);
        this.held = calls.map(ToolCalls::given).orElse("");
    }

    /** What is known after one more piece of the answer. */
    List<Part> next(String piece) {
        if (calls == null) {
            return said(piece);
        }
        held += piece;
        if (calls.forced()) {
            return forced(calls.layout());
        }
        return calling ? List.of() : free(calls.layout());
    }

    /** What is left when no more comes. */
    List<Part> end() {
        String rest = held;
        held = "";
        if (calls == null || calls.forced()) {
            if (forced != null) {
                complete.add(new Call(forced.id(), forced.name(), forcedArguments.toString()));
            }
            return List.of(); // a call whose name was cut off is none
        }
        if (calling) {
            List<Call> found = found(rest, calls);
            complete.addAll(calls.parallel() || found.isEmpty() ? found : found.subList(0, 1));
        }
        if (complete.isEmpty()) {
            return said(rest);
        }
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < complete.size(); i++) {
            parts.add(new Begun(i, complete.get(i).id(), complete.get(i).name()));
            parts.add(new Arguments(i, complete.get(i).arguments()));
        }
        return parts;
    }

    /** All that was said so far. */
    String text() {
        return said.toString();
    }

    /** The calls of a complete answer. */
    List<Call> calls() {
        return List.copyOf(complete);
    }

    private List<Part> said(String text) {
        said.append(text);
        return text.isEmpty() ? List.of() : List.of(new Said(text));
    }

    private List<Part> forced(ToolCallLayout layout) {
        List<Part> parts = new ArrayList<>();
        if (forced == null) {
            String between = layout.between().stripTrailing();
            String call = held.stripLeading();
            int begin = layout.object().length();
            int end = between.isEmpty() ? call.indexOf('{', begin) : call.indexOf(between, begin);
            if (end < 0) {
                return parts;
            }
            forced = new Begun(0, id(), call.substring(begin, end));
            parts.add(forced);
            held = call.substring(end + between.length());
        }
        String arguments = forcedArguments.isEmpty() ? held.stripLeading() : held;
        held = "";
        forcedArguments.append(arguments);
        if (!arguments.isEmpty()) {
            parts.add(new Arguments(0, arguments));
        }
        return parts;
    }

    private List<Part> free(ToolCallLayout layout) {
        String marker = layout.marker().strip();
        String text = held;
        if (marker.isEmpty()) { // the whole answer is a call, or none of it
            String begin = text.stripLeading();
            String also = layout.alsoMarker();
            if (silent && (begin.isEmpty() || (!also.isEmpty() && also.startsWith(begin)))) {
                return List.of();
            }
            if (silent && (begin.startsWith("{") || (!also.isEmpty() && begin.startsWith(also)))) {
                calling = true;
                return List.of();
            }
            silent = false;
            held = "";
            return said(text);
        }
        int at = text.indexOf(marker);
        calling = at >= 0;
        int safe = text.substring(0, calling ? at : text.length() - possibleStart(text, marker))
                .stripTrailing()
                .length();
        held = text.substring(safe);
        return said(text.substring(0, safe));
    }

    /** Length of the longest end of {@code text} that {@code marker} begins with. */
    private static int possibleStart(String text, String marker) {
        int length = Math.min(marker.length() - 1, text.length());
        while (!text.endsWith(marker.substring(0, length))) {
            length--;
        }
        return length;
    }

    /** The calls in {@code text}, which begins with one; what stands between them is left out. */
    private static List<Call> found(String text, ToolCalls calls) {
        ToolCallLayout layout = calls.layout();
        String marker = layout.marker().strip();
        List<Call> found = new ArrayList<>();
        String rest = text.strip();
        if (marker.isEmpty() && !layout.alsoMarker().isEmpty() && rest.startsWith(layout.alsoMarker())) {
            rest = rest.substring(layout.alsoMarker().length());
        }
        while (true) {
            int at = rest.indexOf(marker.isEmpty() ? "{" : marker);
            if (at < 0) {
                return found;
            }
            rest = rest.substring(at + marker.length());
            String name = "";
            if (layout.object().isEmpty()) {
                Matcher bare = BARE_NAME.matcher(rest);
                if (!bare.lookingAt()) {
                    if (marker.isEmpty()) {
                        return found; // nothing announces another one
                    }
                    continue;
                }
                name = bare.group(1);
                int json = rest.indexOf('{', bare.end());
                rest = rest.substring(Math.max(json, 0));
            }
            try (JsonParser parser = JSON.createParser(rest)) {
                JsonToken begin = parser.nextToken();
                if (begin == null) {
                    return found;
                }
                found.addAll(
                        layout.object().isEmpty()
                                ? call(name, object(parser, rest), calls)
                                : begin == JsonToken.START_ARRAY
                                        ? several(parser, rest, calls)
                                        : one(parser, rest, calls));
                rest = rest.substring(end(parser));
            } catch (IOException e) {
                return marker.isEmpty() ? List.of() : found; // broken JSON is no call
            }
        }
    }

    private static List<Call> several(JsonParser parser, String text, ToolCalls calls) throws IOException {
        List<Call> several = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            several.addAll(one(parser, text, calls));
        }
        return several;
    }

    /** The call that the value is which has just begun; none if it is none. */
    private static List<Call> one(JsonParser parser, String text, ToolCalls calls) throws IOException {
        if (!parser.isExpectedStartObjectToken()) {
            parser.skipChildren();
            return List.of();
        }
        String name = "";
        String arguments = "";
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String member = parser.currentName();
            JsonToken value = parser.nextToken();
            if (member.equals("name") && value == JsonToken.VALUE_STRING) {
                name = parser.getText();
            } else if (member.equals(calls.layout().argumentsMember())) {
                arguments = object(parser, text);
            } else {
                parser.skipChildren();
            }
        }
        return call(name, arguments, calls);
    }

    /** The object that has just begun as the model wrote it, to the last digit; empty for any other value. */
    private static String object(JsonParser parser, String text) throws IOException {
        boolean object = parser.isExpectedStartObjectToken();
        int begin = (int) parser.currentTokenLocation().getCharOffset();
        parser.skipChildren();
        return object ? text.substring(begin, end(parser)) : "";
    }

    private static int end(JsonParser parser) {
        return (int) parser.currentLocation().getCharOffset();
    }

    private static List<Call> call(String name, String arguments, ToolCalls calls) {
        return arguments.isEmpty() || !calls.parameters().containsKey(name)
                ? List.of()
                : List.of(new Call(id(), name, arguments));
    }

    private static String id() {
        StringBuilder id = new StringBuilder();
        for (int i = 0; i < ID_LENGTH; i++) {
            id.append(ID_CHARACTERS.charAt(RANDOM.nextInt(ID_CHARACTERS.length())));
        }
        return id.toString();
    }
}
