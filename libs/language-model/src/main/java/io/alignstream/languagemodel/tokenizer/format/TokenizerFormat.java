package io.alignstream.languagemodel.tokenizer.format;

import io.alignstream.languagemodel.tokenizer.split.ByteLevelSplit;
import io.alignstream.languagemodel.tokenizer.split.HanSplit;
import io.alignstream.languagemodel.tokenizer.split.PreTokenizer;

/**
 * How a trained tokenizer cuts text into pieces and what its tokens start from.
 *
 * <p>The three byte-level formats are those of well-known model families, so that their programs take the file.
 */
public enum TokenizerFormat {
    /** Alignstream's own: runs of Han characters, words, numbers; tokens start as characters. */
    CHARACTERS(new HanSplit()),
    /** Pieces of GPT-2; tokens start as bytes. */
    GPT2(ByteLevelSplit.GPT2),
    /** Pieces of Llama 3, numbers up to three digits; tokens start as bytes; a piece that is a token stays whole. */
    LLAMA3(ByteLevelSplit.LLAMA3),
    /** Pieces of Qwen 2 and 3, single digits; tokens start as bytes; text is normalised to NFC. */
    QWEN2(ByteLevelSplit.QWEN2);

    private final PreTokenizer preTokenizer;

    TokenizerFormat(PreTokenizer preTokenizer) {
        this.preTokenizer = preTokenizer;
    }

    /** How text is cut into pieces. */
    public PreTokenizer preTokenizer() {
        return preTokenizer;
    }

    /** Whether tokens start as bytes instead of characters. */
    public boolean byteLevel() {
        return this != CHARACTERS;
    }

    /** Whether text is brought to Unicode's normal form C before it is encoded. */
    public boolean normalises() {
        return this == QWEN2;
    }

    /** Whether a piece that is a token is taken as it is, without merging. */
    boolean ignoresMerges() {
        return this == LLAMA3;
    }
}
