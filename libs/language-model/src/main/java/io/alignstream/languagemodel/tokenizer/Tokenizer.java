package io.alignstream.languagemodel.tokenizer;

import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.tokenizer.encoding.Encoder;
import io.alignstream.languagemodel.tokenizer.encoding.Encoders;
import io.alignstream.languagemodel.tokenizer.encoding.Metaspace.Before;
import io.alignstream.languagemodel.tokenizer.encoding.TokenBuffer;
import io.alignstream.languagemodel.tokenizer.encoding.TokenizerModel;
import io.alignstream.languagemodel.tokenizer.format.ChatConfig;
import io.alignstream.languagemodel.tokenizer.format.TokenizerFile;
import io.alignstream.languagemodel.tokenizer.format.TokenizerJson;
import io.alignstream.languagemodel.tokenizer.jinja.MarkedText;
import io.alignstream.languagemodel.tokenizer.vocabulary.AddedTokens;
import io.alignstream.languagemodel.tokenizer.vocabulary.AddedTokens.AddedToken;
import io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken;
import io.alignstream.languagemodel.tokenizer.vocabulary.Vocabulary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A trained byte-pair encoding: text to token ids and back, without loss and without unknown input.
 *
 * <p>Text is always ordinary: {@code encode("<|endofturn|>")} gives the ids of those characters, never the control token.
 * {@code decode(encode(text))} is {@code text} for every string of valid Unicode; an unpaired surrogate comes back as
 * U+FFFD. (A foreign file may ask for normal form C, as Qwen's do: then the normalised text comes back. To SentencePiece's
 * U+2581 is a space, and some of its files do not tell a space in front of a text from none.)
 *
 * <p>Besides Alignstream's own files it loads byte-level {@value #TOKENIZER_FILE} files of GPT-2, Llama 3, Qwen and
 * their like, and SentencePiece's BPE with bytes of Llama 2, Mistral and theirs, and makes the same ids of them as Hugging Face's library, with two differences: control tokens in a text
 * are text, and nothing is put before or behind a text (no begin-of-text token). Tokens that such a file adds and calls
 * special, or that are written as structure is ({@code <|…|>}, {@code [INST]}), are control tokens; words that it adds as
 * text, and {@code <think>}, stay what they are. Roles of control tokens in a foreign file: see {@link ControlToken}; those that it lacks get the ids
 * from its first free one on, in {@link #toJson()} too, so a model needs {@link #vocabularySize()} rows of embeddings.
 *
 * <pre>{@code
 * Tokenizer tokenizer = Tokenizer.load(folder);
 * int[] ids = tokenizer.encode("今天来上海出差了。");
 * String same = tokenizer.decode(ids);
 * }</pre>
 *
 * Immutable, thread-safe.
 */
public final class Tokenizer {

    /** The Hugging Face file with vocabulary and merges. */
    public static final String TOKENIZER_FILE = "tokenizer.json";
    /** The Hugging Face file with roles of the control tokens and the chat template. */
    public static final String CONFIG_FILE = "tokenizer_config.json";

    /** Names of the token that hides another: the usual one, and one for a vocabulary in which that is a word. */
    private static final List<String> MASKS = List.of("<mask>", "<|alignstream_mask|>");

    private static final long MAX_FILE_BYTES = 256L << 20;

    private final TokenizerModel model;
    private final Vocabulary vocabulary;
    private final String sha256;
    /** What ordinary text is searched for, before and after normalisation. */
    private final AddedTokens textTokens;

    private final AddedTokens normalisedTextTokens;
    /** What trusted text is searched for: control tokens, too. */
    private final AddedTokens allTokens;

    private final AddedTokens normalisedAllTokens;
    /** What a text with control tokens in it is searched for before normalisation. */
    private final AddedTokens markedTokens;

    private final AddedTokens controlTokens;

    private final Encoders encoders;
    /** The file's own chat template; null for the layout of {@link ChatTemplate}. */
    private final @Nullable ForeignChat chat;

    private final BitSet addedIds = new BitSet();

    private Tokenizer(TokenizerModel model) {
        this.model = model;
        model.added().forEach(token -> addedIds.set(token.id()));
        vocabulary = model.vocabulary();
        sha256 = Sha256.hex(model.json());
        textTokens = added(token -> !token.control() && !token.normalized());
        normalisedTextTokens = added(token -> !token.control() && token.normalized());
        allTokens = added(token -> !token.normalized());
        normalisedAllTokens = added(AddedToken::normalized);
        markedTokens = added(token -> token.control() || !token.normalized());
        controlTokens = added(AddedToken::control);
        encoders = new Encoders(model);
        chat = null;
    }

    private Tokenizer(Tokenizer other, ForeignChat chat) {
        model = other.model;
        addedIds.or(other.addedIds);
        vocabulary = other.vocabulary;
        sha256 = Sha256.hex(other.sha256 + "\n" + chat.config());
        textTokens = other.textTokens;
        normalisedTextTokens = other.normalisedTextTokens;
        allTokens = other.allTokens;
        normalisedAllTokens = other.normalisedAllTokens;
        markedTokens = other.markedTokens;
        controlTokens = other.controlTokens;
        encoders = other.encoders;
        this.chat = chat;
    }

    private AddedTokens added(Predicate<AddedToken> which) {
        return new AddedTokens(model.added().stream().filter(which).toList());
    }

    /**
     * Reads {@value #TOKENIZER_FILE} from a folder, and a chat template of others that stands beside it.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if it is not a tokenizer of this kind
     */
    public static Tokenizer load(Path folder) throws IOException {
        return load(folder, Integer.MAX_VALUE);
    }

    /**
     * The same for a model whose embedding has so many rows: a token that has none is refused, but for control tokens directly
     * behind the others.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if it is not a tokenizer of this kind, or has a token without a row
     */
    public static Tokenizer load(Path folder, int rows) throws IOException {
        Path file = folder.resolve(TOKENIZER_FILE);
        long size = Files.size(file);
        if (size > MAX_FILE_BYTES) {
            throw new IllegalArgumentException(file + " has " + size + " bytes, the limit is " + MAX_FILE_BYTES);
        }
        try {
            Optional<ChatConfig> chat = ChatConfig.read(folder);
            Tokenizer plain = new Tokenizer(TokenizerFile.read(Files.readAllBytes(file), chat.isPresent(), rows));
            return chat.filter(config -> !ChatTemplate.isOwn(plain, config.template()))
                    .map(config -> new Tokenizer(plain, new ForeignChat(config, plain)))
                    .orElse(plain);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    /** Reads the bytes of a {@value #TOKENIZER_FILE}; fails with what is unsupported or damaged. */
    public static Tokenizer load(byte[] json) {
        return new Tokenizer(TokenizerFile.read(json.clone(), false, Integer.MAX_VALUE));
    }

    /** Ids of a text taken as ordinary text; empty for the empty text. */
    public int[] encode(String text) {
        TokenBuffer out = new TokenBuffer(text.length() / 2);
        encode(text, out);
        return out.toArray();
    }

    /** Appends the ids of a text taken as ordinary text to {@code out}; allocates nothing for each token. */
    public void encode(String text, TokenBuffer out) {
        encode(text, out, textTokens, normalisedTextTokens, Before.NOTHING);
    }

    /**
     * Ids of a text in which the names of control tokens are control tokens, as Hugging Face's library reads every text.
     * Only for text that no user had a hand in: for conversations there is {@link ChatTemplate}.
     */
    public int[] encodeTrusted(String text) {
        TokenBuffer out = new TokenBuffer(text.length() / 2);
        encode(text, out, allTokens, normalisedAllTokens, Before.NOTHING);
        return out.toArray();
    }

    /** How a short text becomes its tokens; words that a foreign file adds are taken as ordinary text, too. */
    public Derivation derive(String text) {
        return Derivation.of(model, model.spaced(normalised(text), Before.NOTHING));
    }

    /**
     * The text of ids, control tokens left out. Bytes that are no UTF-8, which only a model can produce, become U+FFFD.
     *
     * @throws IllegalArgumentException if an id is outside the vocabulary
     */
    public String decode(int... ids) {
        int length = 0;
        for (int id : ids) {
            length += vocabulary.bytes(id).length;
        }
        byte[] utf8 = new byte[length];
        int at = 0;
        for (int id : ids) {
            byte[] bytes = vocabulary.bytes(id);
            System.arraycopy(bytes, 0, utf8, at, bytes.length);
            at += bytes.length;
        }
        return stripped(new String(utf8, StandardCharsets.UTF_8));
    }

    /** The text of ids without the space that the tokenizer puts in front of one. */
    String stripped(String text) {
        boolean strips = model.metaspace() != null && model.metaspace().strips() && text.startsWith(" ");
        return strips ? text.substring(1) : text;
    }

    /** Number of ids; ids are 0 up to this, exclusive. */
    public int vocabularySize() {
        return vocabulary.size();
    }

    /** Name of an id in {@value #TOKENIZER_FILE}: its text, {@code <0xE4>} for a byte, {@code <|pad|>} for a control token. */
    public String name(int id) {
        vocabulary.bytes(id); // checks the id
        return vocabulary.names().get(id);
    }

    /** Bytes of UTF-8 that an id stands for, 0 for a control token. */
    public int byteLength(int id) {
        return vocabulary.bytes(id).length;
    }

    /** The UTF-8 bytes that an id stands for, perhaps a part of a character; empty for a control token. */
    public byte[] bytes(int id) {
        return vocabulary.bytes(id).clone();
    }

    /** Id of a control token. */
    public int id(ControlToken token) {
        return token == ControlToken.END_OF_TURN && chat != null ? chat.endOfTurn() : vocabulary.id(token);
    }

    /** Id of the token between two documents. */
    public int endOfDocument() {
        return id(ControlToken.END_OF_DOCUMENT);
    }

    /** Id of the token that opens a message of the user. */
    public int user() {
        return id(ControlToken.USER);
    }

    /** Id of the token that opens a message of the assistant. */
    public int assistant() {
        return id(ControlToken.ASSISTANT);
    }

    /** Id of the token that opens a message of the operator. */
    public int system() {
        return id(ControlToken.SYSTEM);
    }

    /** Id of the token that closes every message. */
    public int endOfTurn() {
        return id(ControlToken.END_OF_TURN);
    }

    /** Whether conversations are laid out by a chat template of others. */
    public boolean hasForeignTemplate() {
        return chat != null;
    }

    /** Id of the token that fills a batch. */
    public int pad() {
        return id(ControlToken.PAD);
    }

    /** Id of the token that hides another; empty unless the tokenizer is {@linkplain #withMask that of a masked model}. */
    public OptionalInt mask() {
        return model.added().stream()
                .filter(token -> token.control() && MASKS.contains(token.text()))
                .mapToInt(AddedToken::id)
                .findFirst();
    }

    /**
     * The same with a token that hides another, behind all that are there: those keep their ids, so a text has the same
     * tokens in both.
     */
    public Tokenizer withMask() {
        if (mask().isPresent()) {
            return this;
        }
        String name = MASKS.stream()
                .filter(free -> !vocabulary.names().contains(free))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the vocabulary has words called "
                        + String.join(" and ", MASKS) + ", so no token can hide others"));
        Tokenizer plain = load(TokenizerJson.withMask(model.json(), vocabularySize(), name));
        return chat == null ? plain : new Tokenizer(plain, chat);
    }

    /** Hash of {@link #toJson()} and of a foreign chat template, 64 lower-case hexadecimal digits: the identity. */
    public String sha256() {
        return sha256;
    }

    /** Bytes of {@value #TOKENIZER_FILE}; a loaded tokenizer keeps the bytes that it was loaded from. */
    public byte[] toJson() {
        return model.json().clone();
    }

    /** Writes {@value #TOKENIZER_FILE} and {@value #CONFIG_FILE} into a folder that exists. */
    public void save(Path folder) throws IOException {
        Files.write(folder.resolve(TOKENIZER_FILE), model.json());
        byte[] config = TokenizerJson.writeConfig(
                token -> name(id(token)),
                chat == null ? ownChat() : chat.config(),
                mask().stream().mapToObj(this::name).findFirst());
        Files.write(folder.resolve(CONFIG_FILE), config);
    }

    private ChatConfig ownChat() {
        SortedMap<String, String> names = new TreeMap<>();
        names.put("eos_token", name(endOfTurn()));
        names.put("pad_token", name(pad()));
        return new ChatConfig(ChatTemplate.jinja(this), names);
    }

    Optional<ForeignChat> foreignChat() {
        return Optional.ofNullable(chat);
    }

    /** Appends the ids of a text in which a control token's name is that token unless somebody typed a char of it. */
    void encodeMarked(MarkedText text, TokenBuffer out, Before before) {
        markedTokens.split(
                text.value(),
                typed(text),
                new Stretches(
                        out, before, (part, behind) -> encode(part, out, textTokens, normalisedTextTokens, behind)));
    }

    /** What stands before the text that comes behind these ids. */
    Before behind(TokenBuffer ids) {
        if (ids.size() == 0) {
            return Before.NOTHING;
        }
        return addedIds.get(ids.get(ids.size() - 1)) ? Before.ADDED_TOKEN : Before.TEXT;
    }

    /** The first control token that a text names and nobody typed. */
    Optional<AddedTokens.Found> firstControlToken(MarkedText text) {
        return controlTokens.first(text.value(), typed(text));
    }

    private static IntPredicate typed(MarkedText text) {
        return at -> text.origins().charAt(at) != MarkedText.TEMPLATE;
    }

    private void encode(String text, TokenBuffer out, AddedTokens raw, AddedTokens normalised, Before before) {
        Encoder encoder = encoders.lend();
        try {
            BiConsumer<String, Before> ordinary = (part, behind) -> encoder.encode(model.spaced(part, behind), out);
            if (raw.isEmpty() && normalised.isEmpty() && !model.normalises()) {
                ordinary.accept(text, before);
            } else {
                raw.split(
                        text,
                        new Stretches(
                                out,
                                before,
                                (part, behind) ->
                                        normalised.split(normalised(part), new Stretches(out, behind, ordinary))));
            }
        } finally {
            encoders.giveBack(encoder);
        }
    }

    private String normalised(String text) {
        return model.normalises() ? Normalizer.normalize(text, Normalizer.Form.NFC) : text;
    }

    /** Appends tokens and hands the text between them on, with what stands before it. */
    private static final class Stretches implements AddedTokens.Parts {
        private final TokenBuffer out;
        private final BiConsumer<String, Before> ordinary;
        private Before before;

        Stretches(TokenBuffer out, Before before, BiConsumer<String, Before> ordinary) {
            this.out = out;
            this.before = before;
            this.ordinary = ordinary;
        }

        @Override
        public void text(String part) {
            ordinary.accept(part, before);
        }

        @Override
        public void token(int id) {
            out.add(id);
            before = Before.ADDED_TOKEN;
        }
    }
}
