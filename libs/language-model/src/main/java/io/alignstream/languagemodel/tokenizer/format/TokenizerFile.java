package io.alignstream.languagemodel.tokenizer.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.languagemodel.tokenizer.encoding.Metaspace;
import io.alignstream.languagemodel.tokenizer.encoding.TokenizerModel;
import io.alignstream.languagemodel.tokenizer.split.PreTokenizer;
import io.alignstream.languagemodel.tokenizer.split.SpaceSplit;
import io.alignstream.languagemodel.tokenizer.vocabulary.AddedTokens.AddedToken;
import io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken;
import io.alignstream.languagemodel.tokenizer.vocabulary.Merges;
import io.alignstream.languagemodel.tokenizer.vocabulary.Vocabulary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@code tokenizer.json}: Alignstream's own, and byte-level ones and those in SentencePiece's manner of
 * other programs.
 *
 * <p>Reading accepts what this package implements and refuses the rest: another pre-tokenizer or normalizer would
 * silently make other ids. Truncation, padding, post-processor and a byte-level decoder are not read: they do not change
 * the ids of a plain text.
 */
public final class TokenizerFile {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Written in answers as text: what a model thinks. */
    private static final Set<String> WORDS = Set.of("<think>", "</think>");

    private static final String STRUCTURE = "<>[]{}|｜＜＞［］｛｝〈〉《》【】";

    private final JsonNode root;
    /** Empty for a tokenizer in SentencePiece's manner, and the other way round. */
    private final Optional<PreTokenizerJson.Read> preTokenizer;

    private final Optional<MetaspaceJson.Read> metaspace;
    private final boolean byteLevel;
    private final @Nullable String[] names;
    private final Map<String, AddedToken> added = new LinkedHashMap<>();
    private final Map<ControlToken, Integer> controlIds = new EnumMap<>(ControlToken.class);
    /** Control tokens that the file has not, in the order of the ids that they get. */
    private final List<AddedToken> missing = new ArrayList<>();

    private TokenizerFile(JsonNode root, boolean hasTemplate, int rows) {
        this.root = root;
        metaspace = MetaspaceJson.read(root);
        preTokenizer = metaspace.isPresent()
                ? Optional.empty()
                : Optional.of(PreTokenizerJson.read(root.path("pre_tokenizer")));
        byteLevel = preTokenizer.map(PreTokenizerJson.Read::byteLevel).orElse(false);
        JsonNode model = root.path("model");
        require(
                model.path("type").asText("BPE").equals("BPE")
                        && model.path("merges").isArray(),
                "the model must be BPE");
        require(
                byteLevel != model.path("byte_fallback").asBoolean(),
                "the model must be byte-level or have byte_fallback");
        require(
                metaspace.isEmpty() || !model.path("ignore_merges").asBoolean(),
                "ignore_merges is supported of byte-level models only");
        require(!model.hasNonNull("dropout"), "dropout is not supported");
        for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
            require(model.path(affix).asText("").isEmpty() || model.path(affix).isNull(), affix + " is not supported");
        }
        requireRows(model.path("vocab"), root.path("added_tokens"), rows);
        names = names(model.path("vocab"), root.path("added_tokens"));
        root.path("added_tokens").forEach(this::add);
        for (String name : names) {
            require(
                    metaspace.isEmpty() || name == null || name.indexOf(' ') < 0 || added.containsKey(name),
                    "this file spells a space U+2581, but a token has one in its name: '" + name + "'");
        }
        assignControlTokens(hasTemplate);
    }

    /**
     * Reads {@code tokenizer.json}; fails with what this package cannot do exactly.
     *
     * @param hasTemplate whether a chat template stands beside it: it may write names of control tokens that the file has
     *     not, as text
     * @param rows tokens that the model knows; control tokens may follow them
     */
    public static TokenizerModel read(byte[] json, boolean hasTemplate, int rows) {
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a tokenizer.json: " + Messages.english(JsonFault.of(e)), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("not a tokenizer.json: " + e.getMessage(), e);
        }
        return new TokenizerFile(root, hasTemplate, rows).model(json);
    }

    private TokenizerModel model(byte[] json) {
        BitSet addedIds = new BitSet();
        BitSet control = new BitSet();
        for (int id = 0; id < names.length; id++) {
            addedIds.set(id, names[id] == null);
            control.set(id, names[id] == null);
        }
        for (AddedToken token : added.values()) {
            addedIds.set(token.id());
            control.set(token.id(), token.control());
        }
        List<String> all = new ArrayList<>();
        for (int id = 0; id < names.length; id++) {
            String name = names[id];
            all.add(name == null ? "<|unused:" + id + "|>" : control.get(id) ? name : spoken(name));
        }
        missing.forEach(token -> all.add(token.text()));
        Vocabulary vocabulary = new Vocabulary(all, byteLevel, addedIds, control, controlIds);
        List<Merges.Merge> merges = merges(root.path("model").path("merges"), vocabulary, addedIds);
        List<AddedToken> tokens = List.copyOf(added.values());
        boolean whole = root.path("model").path("ignore_merges").asBoolean();
        return new TokenizerModel(
                vocabulary,
                new Merges(merges),
                preTokenizer.map(PreTokenizerJson.Read::preTokenizer).orElseGet(() -> pieces(vocabulary, merges)),
                metaspace.isEmpty() && normalises(root.path("normalizer")),
                metaspace.map(MetaspaceJson.Read::metaspace).orElse(null),
                tokens,
                whole ? TokenizerModel.wholePieces(vocabulary, tokens) : null,
                missing.isEmpty() ? json : completed());
    }

    /** One stray id would make a vocabulary of as many tokens, and what has no row in the model cannot be read by it. */
    private static void requireRows(JsonNode vocab, JsonNode added, int rows) {
        if (rows == Integer.MAX_VALUE) {
            return; // no model stands beside it
        }
        vocab.properties()
                .forEach(token -> requireRow(token.getKey(), token.getValue().asLong(-1), rows));
        added.forEach(token ->
                requireRow(token.path("content").asText(), token.path("id").asLong(-1), rows));
    }

    private static void requireRow(String token, long id, int rows) {
        require(
                id < rows || (isControl(token) && id < (long) rows + ControlToken.values().length),
                "the token '" + token + "' has the id " + id + ", but the model's embedding has " + rows
                        + " rows; correct the id, remove the token, or give it a row (resize_token_embeddings)");
    }

    private static boolean isControl(String token) {
        return Arrays.stream(ControlToken.values())
                .anyMatch(role -> role.names().contains(token));
    }

    /** Names by id; null for an id that the file leaves out. */
    private static @Nullable String[] names(JsonNode vocab, JsonNode added) {
        long last = vocab.size() - 1L;
        for (JsonNode id : vocab) {
            last = Math.max(last, id.asLong(-1));
        }
        for (JsonNode token : added) {
            last = Math.max(last, token.path("id").asLong(-1));
        }
        Vocabulary.requireSize(last + 1);
        @Nullable String[] names = new @Nullable String[(int) last + 1];
        for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
            int id = entry.getValue().asInt(-1);
            require(
                    id >= 0 && names[id] == null,
                    "ids must be 0 or more, each once, but '" + entry.getKey() + "' has " + entry.getValue());
            names[id] = entry.getKey();
        }
        return names;
    }

    private void add(JsonNode node) {
        String text = node.path("content").asText();
        int id = node.path("id").asInt(-1);
        require(!text.isEmpty() && id >= 0, "an added token needs content and id: " + node);
        String name = names[id];
        require(name == null || name.equals(text), "added token and vocabulary disagree: " + node);
        require(!node.path("single_word").asBoolean(), "single_word is not supported: " + node);
        names[id] = text;
        boolean control = node.path("special").asBoolean() || !isWord(text);
        put(new AddedToken(
                id,
                text,
                control,
                node.path("normalized").asBoolean(),
                node.path("lstrip").asBoolean(),
                node.path("rstrip").asBoolean()));
    }

    /**
     * Whether an added token may come of text that somebody types. What looks like structure is structure even where a file
     * calls it text: DeepSeek's {@code <｜Assistant｜>} opens the assistant's turn, Qwen's {@code <tool_response>} says what a tool
     * said.
     */
    private static boolean isWord(String text) {
        return WORDS.contains(text) || text.codePoints().noneMatch(c -> STRUCTURE.indexOf(c) >= 0);
    }

    private void put(AddedToken token) {
        require(added.put(token.text(), token) == null, "added token '" + token.text() + "' is there twice");
    }

    private void assignControlTokens(boolean hasTemplate) {
        for (ControlToken role : ControlToken.values()) {
            AddedToken token = role.names().stream()
                    .map(added::get)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null);
            if (token == null) {
                require(byteLevel || metaspace.isPresent(), "the vocabulary has no token " + role.text());
                String name = hasTemplate ? role.reserve() : role.text();
                token = new AddedToken(names.length + missing.size(), name, true, false, false, false);
                missing.add(token);
            }
            controlIds.put(role, token.id());
            added.put(
                    token.text(),
                    new AddedToken(
                            token.id(), token.text(), true, token.normalized(), token.leftStrip(), token.rightStrip()));
        }
        Vocabulary.requireSize((long) names.length + missing.size());
    }

    private byte[] completed() {
        ObjectNode copy = (ObjectNode) root;
        ArrayNode tokens = copy.withArray("added_tokens");
        for (AddedToken token : missing) {
            tokens.add(TokenizerJson.controlToken(token.id(), token.text()));
        }
        return TokenizerJson.bytes(copy);
    }

    /** What a name of the file says in a text. */
    private String spoken(String name) {
        return metaspace.isPresent() ? Metaspace.spoken(name) : name;
    }

    /** Where merges never go from another character to a space, pieces may end there: short ones are fast. */
    private PreTokenizer pieces(Vocabulary vocabulary, List<Merges.Merge> merges) {
        require(vocabulary.names().contains(" "), "the vocabulary has no token for a space, spelled U+2581");
        boolean each = metaspace.map(MetaspaceJson.Read::cuts).orElse(false);
        boolean cross = merges.stream()
                .anyMatch(merge -> vocabulary.names().get(merge.right()).startsWith(" ")
                        && !vocabulary.names().get(merge.left()).endsWith(" "));
        return !each && cross ? PreTokenizer.whole() : new SpaceSplit(each);
    }

    private List<Merges.Merge> merges(JsonNode array, Vocabulary vocabulary, BitSet added) {
        List<Merges.Merge> merges = new ArrayList<>(array.size());
        for (JsonNode pair : array) {
            String[] parts = pair.isTextual()
                    ? pair.asText().split(" ", -1)
                    : new String[] {pair.path(0).asText(), pair.path(1).asText()};
            require(
                    parts.length == 2 && (pair.isTextual() || pair.size() == 2),
                    "a merge must be two tokens but is " + pair);
            String left = spoken(parts[0]);
            String right = spoken(parts[1]);
            int merged = vocabulary.require(left + right);
            require(!added.get(merged), "the merge " + Arrays.toString(parts) + " would make an added token of text");
            merges.add(new Merges.Merge(vocabulary.require(left), vocabulary.require(right), merged));
        }
        return merges;
    }

    private static boolean normalises(JsonNode node) {
        if (node.isNull() || node.isMissingNode()) {
            return false;
        }
        JsonNode steps = node.path("normalizers");
        if (node.path("type").asText().equals("Sequence") && steps.size() <= 1) {
            return !steps.isEmpty() && normalises(steps.get(0));
        }
        require(node.path("type").asText().equals("NFC"), "this normalizer is not supported: " + node);
        return true;
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
