package io.alignstream.benchmarks.harness;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Generated documents, half Chinese and half English by bytes; the same seed gives the same documents.
 *
 * <p>Words are made up of syllables or characters and used as often as words are in real text: the word of rank r with a
 * probability of about 1 / (r + 2.7) (Zipf and Mandelbrot), frequent ones shorter. Sentences have punctuation, numbers,
 * capital letters and now and then a foreign word.
 */
public final class MixedText {

    private static final int WORDS = 60_000;
    private static final int HAN = 3_500;
    private static final double OFFSET = 2.7;
    private static final String[] ONSETS = {
        "", "b", "c", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "tr", "ch", "th",
        "sh", "pr", "br", "cl"
    };
    private static final String[] RHYMES = {
        "a", "e", "i", "o", "u", "an", "en", "in", "on", "er", "ar", "or", "es", "ed", "ing", "al", "ea", "ou", "ion",
        "ate", "ent", "y"
    };

    private final Random random;
    private final List<String> english;
    private final List<String> chinese;
    private final double[] cumulative = new double[WORDS];

    /** The lexicon is always the same: another seed says other things in the same languages. */
    public MixedText(long seed) {
        Random lexicon = new Random(7);
        english = words(lexicon, false);
        chinese = words(lexicon, true);
        random = new Random(seed);
        double sum = 0;
        for (int rank = 0; rank < WORDS; rank++) {
            sum += 1 / (rank + OFFSET);
            cumulative[rank] = sum;
        }
    }

    /** Documents of a few hundred to a few thousand bytes, {@code bytes} of UTF-8 or a little more in all. */
    public List<String> documents(long bytes) {
        List<String> documents = new ArrayList<>();
        long[] made = new long[2];
        while (made[0] + made[1] < bytes) {
            int language = made[0] <= made[1] ? 0 : 1;
            String document = document(language == 0);
            documents.add(document);
            made[language] += document.getBytes(StandardCharsets.UTF_8).length;
        }
        return documents;
    }

    private String document(boolean han) {
        StringBuilder text = new StringBuilder();
        int sentences = 3 + random.nextInt(25);
        for (int i = 0; i < sentences; i++) {
            if (han) {
                chineseSentence(text);
            } else {
                englishSentence(text);
            }
            if (random.nextInt(6) == 0) {
                text.append("\n\n");
            } else if (!han) {
                text.append(' ');
            }
        }
        return text.toString().strip();
    }

    private void englishSentence(StringBuilder text) {
        int words = 4 + random.nextInt(22);
        for (int i = 0; i < words; i++) {
            String word = english.get(rank());
            if (i > 0) {
                text.append(random.nextInt(12) == 0 ? ", " : " ");
            } else {
                word = Character.toUpperCase(word.charAt(0)) + word.substring(1);
            }
            text.append(random.nextInt(50) == 0 ? number() : word);
            if (random.nextInt(60) == 0) {
                text.append("'s");
            }
        }
        text.append(random.nextInt(10) == 0 ? "?" : ".");
    }

    private void chineseSentence(StringBuilder text) {
        int words = 4 + random.nextInt(18);
        for (int i = 0; i < words; i++) {
            if (i > 0 && random.nextInt(6) == 0) {
                text.append('，');
            }
            switch (random.nextInt(60)) {
                case 0 -> text.append(number()).append('年');
                case 1 -> text.append(english.get(rank()));
                default -> text.append(chinese.get(rank()));
            }
        }
        text.append(random.nextInt(10) == 0 ? '？' : '。');
    }

    private String number() {
        return Integer.toString(random.nextInt(random.nextBoolean() ? 100 : 2_100));
    }

    private int rank() {
        double at = random.nextDouble() * cumulative[WORDS - 1];
        int low = 0;
        int high = WORDS - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (cumulative[middle] < at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static List<String> words(Random random, boolean han) {
        Set<String> seen = new HashSet<>();
        List<String> words = new ArrayList<>();
        while (words.size() < WORDS) {
            int length = Math.max(1, (int) Math.round(Math.log10(words.size() + 1.0) * 0.6 + random.nextDouble()));
            StringBuilder word = new StringBuilder();
            for (int i = 0; i < length + (han && words.size() > 200 ? 1 : 0); i++) {
                if (han) {
                    word.append((char) (0x4E00 + HAN * Math.pow(random.nextDouble(), 1.7)));
                } else {
                    word.append(ONSETS[random.nextInt(ONSETS.length)]).append(RHYMES[random.nextInt(RHYMES.length)]);
                }
            }
            if (seen.add(word.toString())) {
                words.add(word.toString());
            }
        }
        return words;
    }
}
