package io.alignstream.languagemodel.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Texts that the tests of this package make for themselves. */
public final class Samples {

    static final String EXAMPLE = "今天来上海出差了。我在外滩喝咖啡。这里的风景很美。";

    private static final String[] FRAGMENTS = {
        "今天",
        "上海",
        "外滩",
        "咖啡",
        "成都必去景点：",
        "熊猫基地",
        "，",
        "。",
        "？",
        "（",
        "）",
        "！",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "\u3000",
        "\u00A0",
        "\u0085",
        "\u2028",
        "the",
        " the",
        "Hello",
        "wörld",
        "ß",
        "İ",
        "1",
        "23",
        "456",
        "2024年",
        "3.14",
        "٣",
        "Ⅷ",
        "〇",
        "々",
        "こんにちは",
        "カタカナ",
        "한국어",
        "नमस्ते",
        "สวัสดี",
        "Ω",
        "дом",
        "😀",
        "👨‍👩‍👧",
        "❤️",
        "🇨🇳",
        "e\u0301",
        "\u0301",
        "\u200D",
        "\uFFFD",
        "\u0000",
        "\u0001",
        "\uFEFF",
        "𠀀",
        "𝔘",
        "don't",
        "a_b",
        "x=1;",
        "<",
        ">",
        "|",
        "<|endofturn|>",
        "<|user|>",
        "<|pad|>",
        "<0xE4>",
        "<0x00>",
        "<|",
        "|>",
        "aaaa",
        "哈哈哈哈哈",
        "\uD7FF",
        "\uE000",
        "\uFFFF",
        "\uDBFF\uDFFF",
        "'s",
        "'S",
        "'\u017F", // a long s, which is an s to those who ignore case
        "'RE",
        "'Ll",
        "'t1",
        "''",
        "\r",
        "\n\n",
        "\r\n \n",
        "   ",
        " !",
        "!!\n\n",
        "...",
        "1234567",
        "²",
        "½",
        "<|im_end|>",
        "<|end|>",
        "<|endoftext|>",
        "<think>",
        "\u212B",
        "\u0344",
        "가",
        "ﬁ",
        "https://a.b/c?d=e"
    };

    /** Ranges whose characters are old enough for every Unicode version in use: first, last. */
    private static final int[][] RANGES = {
        {0, 0x7F},
        {0xA0, 0x24F},
        {0x391, 0x3C9},
        {0x410, 0x44F},
        {0x905, 0x939},
        {0x2000, 0x2060},
        {0x3041, 0x3093},
        {0x3000, 0x303F},
        {0x4E00, 0x9FA5},
        {0xAC00, 0xD7A3},
        {0xFF01, 0xFF5E},
        {0x1F600, 0x1F64F},
        {0x20000, 0x2A6D6}
    };

    private Samples() {}

    /** A mixed text of fragments and random characters, valid Unicode. */
    static String text(Random random) {
        StringBuilder text = new StringBuilder();
        int parts = random.nextInt(12);
        for (int i = 0; i < parts; i++) {
            if (random.nextInt(3) > 0) {
                text.append(FRAGMENTS[random.nextInt(FRAGMENTS.length)]);
            } else {
                int[] range = RANGES[random.nextInt(RANGES.length)];
                text.appendCodePoint(random.nextInt(range[0], range[1] + 1));
            }
        }
        return text.toString();
    }

    public static List<String> texts(int count, long seed) {
        Random random = new Random(seed);
        return IntStream.range(0, count).mapToObj(i -> text(random)).toList();
    }

    /** Texts of code points from everywhere, assigned or not. */
    static List<String> scalars(int count, long seed) {
        Random random = new Random(seed);
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    StringBuilder text = new StringBuilder();
                    for (int length = random.nextInt(8); length > 0; length--) {
                        int bits = 7 + random.nextInt(14);
                        int codePoint = Math.min(random.nextInt(1 << bits), Character.MAX_CODE_POINT);
                        boolean surrogate =
                                codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
                        text.appendCodePoint(surrogate ? 'x' : codePoint);
                    }
                    return text.toString();
                })
                .toList();
    }

    /** Many different words, some far more frequent than others, with and without spaces between them. */
    static List<String> wordyCorpus(int texts, long seed) {
        Random random = new Random(seed);
        return IntStream.range(0, texts)
                .mapToObj(i -> {
                    StringBuilder text = new StringBuilder();
                    for (int word = 0; word < 60; word++) {
                        int rank = (int) (20_000 * Math.pow(random.nextDouble(), 3));
                        boolean han = rank % 2 == 0;
                        for (int rest = rank + 7; rest > 0; rest /= 24) {
                            text.append((char) ((han ? 0x4E00 : 'a') + rest % 24));
                        }
                        text.append(han ? (word % 9 == 0 ? "，" : "") : " ");
                    }
                    return text.toString();
                })
                .toList();
    }

    /** A small corpus in which some words of the example are frequent, others less so. */
    static List<String> corpus() {
        List<String> corpus = new ArrayList<>(List.of(EXAMPLE));
        List<String> frequent = List.of("上海", "外滩", "咖啡", "风景");
        List<String> fillers = List.of("很", "了", "在", "去", "看", "有", "好", "人");
        for (int i = 0; i < 40; i++) {
            for (String word : frequent) {
                corpus.add(fillers.get(i % 8) + word + fillers.get((i / 8 + 3) % 8) + "。");
            }
        }
        for (int i = 0; i < 12; i++) {
            corpus.add(fillers.get(i % 8) + "今天" + fillers.get((i + 2) % 8) + "，" + fillers.get(i % 7) + "这里，美来出差");
        }
        return corpus;
    }

    /** Mixed prose for a tokenizer with merges in several scripts. */
    static List<String> mixedCorpus() {
        List<String> corpus = new ArrayList<>(corpus());
        for (int i = 0; i < 30; i++) {
            corpus.add("The weather in Shanghai is nice, the coffee is nicer " + i
                    + " times.\n\n  Don't you think so? 哈哈哈哈哈哈");
            corpus.add("aaaaaaaaaaaaaaaaaaaa 😀😀👍 한국어 こんにちは дом wörld e\u0301 naïve 𠀀𠀀");
        }
        corpus.addAll(texts(300, 99));
        return corpus;
    }
}
