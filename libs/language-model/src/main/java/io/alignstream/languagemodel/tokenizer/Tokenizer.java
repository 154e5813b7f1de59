package io.alignstream.languagemodel.tokenizer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A trained byte-pair encoding: text to token ids and back, without loss and without unknown input.
 *
 * <p>Text is always ordinary: {@code encode("<|endofturn|>")} gives the ids of those characters, never the control token.
 * {@code decode(encode(text))} is {@code text} for every string of valid Unicode; an unpaired surrogate comes back as
 * U+FFFD.
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

    private static final long MAX_FILE_BYTES = 256L << 20;
    private static final int LONGEST_REMEMBERED = 32;

    private final Vocabulary vocabulary;
    private final Merges merges;
    private final byte[] json;
    private final String sha256;
    private final PieceMemory memory = new PieceMemory();

    Tokenizer(Vocabulary vocabulary, Merges merges) {
        this(vocabulary, merges, TokenizerJson.write(vocabulary, merges));
    }

    private Tokenizer(Vocabulary vocabulary, Merges merges, byte[] json) {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.json = json;
        sha256 = sha256(json);
    }

    /**
     * Reads {@value #TOKENIZER_FILE} from a folder.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if it is not a tokenizer of this kind
     */
    public static Tokenizer load(Path folder) throws IOException {
        Path file = folder.resolve(TOKENIZER_FILE);
        long size = Files.size(file);
        if (size > MAX_FILE_BYTES) {
            throw new IllegalArgumentException(file + " has " + size + " bytes, the limit is " + MAX_FILE_BYTES);
        }
        try {
            return load(Files.readAllBytes(file));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    /** Reads the bytes of a {@value #TOKENIZER_FILE}; fails with what is unsupported or damaged. */
    public static Tokenizer load(byte[] json) {
        byte[] own = json.clone();
        TokenizerJson.Content content = TokenizerJson.read(own);
        return new Tokenizer(content.vocabulary(), content.merges(), own);
    }

    /** Ids of a text taken as ordinary text; empty for the empty text. */
    public int[] encode(String text) {
        IntList out = new IntList(text.length());
        int at = 0;
        while (at < text.length()) {
            int end = PreTokenizer.end(text, at);
            out.addAll(encodePiece(text, at, end));
            at = end;
        }
        return out.toArray();
    }

    /**
     * The text of ids, control tokens left out. Bytes that are no UTF-8, which only a model can produce, become U+FFFD.
     *
     * @throws IllegalArgumentException if an id is outside the vocabulary
     */
    public String decode(int... ids) {
        ByteArrayOutputStream utf8 = new ByteArrayOutputStream(ids.length * 4);
        for (int id : ids) {
            utf8.writeBytes(vocabulary.bytes(id));
        }
        return utf8.toString(StandardCharsets.UTF_8);
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
        return vocabulary.id(token);
    }

    public int endOfDocument() {
        return id(ControlToken.END_OF_DOCUMENT);
    }

    public int user() {
        return id(ControlToken.USER);
    }

    public int assistant() {
        return id(ControlToken.ASSISTANT);
    }

    public int system() {
        return id(ControlToken.SYSTEM);
    }

    public int endOfTurn() {
        return id(ControlToken.END_OF_TURN);
    }

    public int pad() {
        return id(ControlToken.PAD);
    }

    /** Hash of {@link #toJson()}, 64 lower-case hexadecimal digits: the tokenizer's identity. */
    public String sha256() {
        return sha256;
    }

    /** Bytes of {@value #TOKENIZER_FILE}; a loaded tokenizer keeps the bytes that it was loaded from. */
    public byte[] toJson() {
        return json.clone();
    }

    /** Writes {@value #TOKENIZER_FILE} and {@value #CONFIG_FILE} into a folder that exists. */
    public void save(Path folder) throws IOException {
        Files.write(folder.resolve(TOKENIZER_FILE), json);
        Files.write(folder.resolve(CONFIG_FILE), TokenizerJson.writeConfig());
    }

    private int[] encodePiece(String text, int start, int end) {
        if (end - start > LONGEST_REMEMBERED) {
            return merges.apply(vocabulary.characters(text, start, end));
        }
        String piece = text.substring(start, end);
        int[] known = memory.get(piece);
        if (known != null) {
            return known;
        }
        int[] ids = merges.apply(vocabulary.characters(text, start, end));
        memory.put(piece, ids);
        return ids;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
