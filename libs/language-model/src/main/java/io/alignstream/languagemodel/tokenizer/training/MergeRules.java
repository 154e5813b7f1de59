package io.alignstream.languagemodel.tokenizer.training;

import io.alignstream.languagemodel.tokenizer.encoding.TokenBuffer;
import io.alignstream.languagemodel.tokenizer.split.CharacterClass;
import java.util.BitSet;

/** Which tokens may become one. Not thread-safe. */
public final class MergeRules {

    private final int firstMergeable;
    private final int longestHan;
    private final int longestOther;
    /** Code points of each token's name. */
    private final TokenBuffer lengths = new TokenBuffer(1 << 12);
    /** Tokens that begin with a Han character. */
    private final BitSet han = new BitSet();

    /** @param firstMergeable ids below take no part in merges */
    public MergeRules(int firstMergeable, int longestHan, int longestOther) {
        this.firstMergeable = firstMergeable;
        this.longestHan = longestHan;
        this.longestOther = longestOther;
    }

    /** Tells of the token with the next id. */
    void add(String name) {
        han.set(lengths.size(), CharacterClass.isHan(name.codePointAt(0)));
        lengths.add(name.codePointCount(0, name.length()));
    }

    boolean allow(int left, int right) {
        int length = lengths.get(left) + lengths.get(right);
        return left >= firstMergeable
                && right >= firstMergeable
                && length <= (han.get(left) ? longestHan : longestOther);
    }
}
