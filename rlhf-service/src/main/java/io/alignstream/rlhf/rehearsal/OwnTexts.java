package io.alignstream.rlhf.rehearsal;

import io.alignstream.languagemodel.network.Sequences;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Texts that a model has written itself, of one kind. Immutable; the arrays are not to be changed.
 *
 * <p>Each has its place among all texts by what it says, so that the same one is always rehearsed, or never.
 */
public final class OwnTexts {

    /** None. */
    public static final OwnTexts NONE = new OwnTexts(List.of());

    /** Part of the texts that only the gate asks about. */
    static final double HELD_OUT_SHARE = 0.2;

    /** Part of the texts that only chooses among policies. */
    static final double VALIDATION_SHARE = 0.1;

    private final List<Text> texts;

    /**
     * One of them.
     *
     * @param ids token ids of the whole
     * @param given how many of them come before what counts: up to the assistant's token, or to where a document begins
     * @param place among all texts, 0 to below 1
     * @param bytes of what counts, as UTF-8
     */
    record Text(int[] ids, int given, double place, long bytes) {}

    OwnTexts(List<Text> texts) {
        this.texts = List.copyOf(texts);
    }

    /** How many there are. */
    public int size() {
        return texts.size();
    }

    /** Those that may be rehearsed. */
    OwnTexts rehearsed() {
        return between(HELD_OUT_SHARE + VALIDATION_SHARE, Double.MAX_VALUE);
    }

    /** Those by which policies are chosen. */
    OwnTexts validation() {
        return between(HELD_OUT_SHARE, HELD_OUT_SHARE + VALIDATION_SHARE);
    }

    /** Those that only the gate asks about. */
    OwnTexts heldOut() {
        return between(Double.NEGATIVE_INFINITY, HELD_OUT_SHARE);
    }

    private OwnTexts between(double from, double to) {
        return new OwnTexts(texts.stream()
                .filter(text -> text.place >= from && text.place < to)
                .toList());
    }

    /** All of each, as token ids. */
    public List<int[]> ids() {
        return texts.stream().map(Text::ids).toList();
    }

    /** Of what counts of all of them, as UTF-8. */
    public long bytes() {
        return texts.stream().mapToLong(Text::bytes).sum();
    }

    /** What is given of each, as token ids: of a conversation all up to the assistant's token. */
    public List<int[]> prompts() {
        return texts.stream().map(text -> Arrays.copyOf(text.ids, text.given)).toList();
    }

    /** All of them, in batches of at most {@code rows}; what is not given are the targets. */
    public List<Sequences> batches(int rows) {
        List<Sequences> batches = new ArrayList<>();
        for (int start = 0; start < size(); start += rows) {
            batches.add(sequences(texts.subList(start, Math.min(start + rows, size()))));
        }
        return batches;
    }

    /** Some of them, drawn with repetition; there must be one at least. */
    public Sequences draw(int rows, RandomGenerator random) {
        List<Text> drawn = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            drawn.add(texts.get(random.nextInt(size())));
        }
        return sequences(drawn);
    }

    private static Sequences sequences(List<Text> texts) {
        return Sequences.answers(
                texts.stream().map(Text::ids).toList(),
                texts.stream().map(Text::given).toList());
    }
}
