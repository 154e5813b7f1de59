package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A text as a client sends it: as it is, or as the token ids of it.
 *
 * @param field in which it stands
 * @param text empty where there are ids
 */
public record TextInput(String field, String text, List<Integer> tokens) {

    public TextInput {
        tokens = List.copyOf(tokens);
    }

    /** Reads a string, an array of strings, an array of token ids or an array of such; at most {@code most} texts. */
    static List<TextInput> list(String field, JsonNode json, int most) {
        if (json.isTextual()) {
            return List.of(new TextInput(field, json.textValue(), List.of()));
        }
        if (!json.isArray() || json.isEmpty()) {
            throw wrong(field, json, most);
        }
        if (json.get(0).isIntegralNumber()) {
            return List.of(new TextInput(field, "", ids(field, json)));
        }
        if (json.size() > most) {
            throw wrong(field, json, most);
        }
        List<TextInput> texts = new ArrayList<>();
        for (JsonNode one : json) {
            String place = field + "[" + texts.size() + "]";
            if (one.isTextual()) {
                texts.add(new TextInput(place, one.textValue(), List.of()));
            } else if (one.isArray() && !one.isEmpty()) {
                texts.add(new TextInput(place, "", ids(place, one)));
            } else {
                throw wrong(field, json, most);
            }
        }
        return texts;
    }

    private static ApiException wrong(String field, JsonNode json, int most) {
        return Body.wrong(field, json, Reason.of("api.mustBeTexts").with("most", most));
    }

    private static List<Integer> ids(String field, JsonNode json) {
        List<Integer> ids = new ArrayList<>();
        for (JsonNode id : json) {
            if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0) {
                throw Body.wrong(field, id, Reason.of("api.mustBeToken"));
            }
            ids.add(id.intValue());
        }
        return ids;
    }

    /** Its ids; none may be the model's that is no token of it. */
    public int[] ids(Tokenizer tokenizer, ContextWindow window) {
        window.requireCharacters(field, Math.max(text.length(), tokens.size()));
        int most = tokenizer.vocabularySize() - 1;
        tokens.stream().filter(id -> id > most).findFirst().ifPresent(id -> {
            throw ApiException.invalid(
                    field,
                    Reason.of("api.noSuchToken")
                            .with("token", Integer.toString(id))
                            .with("most", most));
        });
        return tokens.isEmpty()
                ? tokenizer.encode(text)
                : tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The ids that a model goes on with: a text stands at the beginning of a document, ids stand for themselves. */
    public int[] prompt(Tokenizer tokenizer, ContextWindow window) {
        int[] ids = ids(tokenizer, window);
        IntStream begin = tokens.isEmpty() ? beginning(tokenizer, ids.length == 0) : IntStream.empty();
        int[] prompt = IntStream.concat(begin, IntStream.of(ids)).toArray();
        window.requireRoom(field, prompt.length);
        return prompt;
    }

    /** What own documents begin behind; a model of others says whether it has such a token. */
    private static IntStream beginning(Tokenizer tokenizer, boolean needed) {
        if (tokenizer.hasForeignTemplate()) {
            return ChatTemplate.named(tokenizer, "bos_token")
                    .map(IntStream::of)
                    .orElseGet(() -> needed ? IntStream.of(tokenizer.endOfDocument()) : IntStream.empty());
        }
        return IntStream.of(tokenizer.endOfDocument());
    }
}
