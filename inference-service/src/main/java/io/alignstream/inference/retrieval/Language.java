package io.alignstream.inference.retrieval;

/**
 * A language that passages can be found in, with the model that makes vectors of it: both are LangChain4j's in-process
 * models, which come as Maven artefacts and compute on the processor in int8.
 */
public enum Language {
    /** A text with a Han character among every four letters is Chinese. */
    CHINESE("bge-small-zh-v1.5-q", 512, "为这个句子生成表示以用于检索相关文章："),
    /** All other texts. */
    ENGLISH("bge-small-en-v1.5-q", 384, "Represent this sentence for searching relevant passages: ");

    private static final int LETTERS_FOR_ONE_HAN = 4;

    private final String model;
    private final int dimensions;
    private final String questionPrefix;

    Language(String model, int dimensions, String questionPrefix) {
        this.model = model;
        this.dimensions = dimensions;
        this.questionPrefix = questionPrefix;
    }

    /** The language of {@code text}. */
    public static Language of(String text) {
        long letters = text.codePoints().filter(Character::isLetter).count();
        long han = text.codePoints().filter(Character::isIdeographic).count();
        return han > 0 && han * LETTERS_FOR_ONE_HAN >= letters ? CHINESE : ENGLISH;
    }

    /** Its model's name, which its files on the class path begin with. */
    String model() {
        return model;
    }

    /** Length of its vectors. */
    int dimensions() {
        return dimensions;
    }

    /** The field of the index that holds its vectors. */
    String field() {
        return "vector-" + model;
    }

    /** A question as its model was taught to look for passages. */
    String question(String text) {
        return questionPrefix + text;
    }
}
