package io.alignstream.textcleaning;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The language of a text by its script and, for the Latin script, by its function words; thread-safe.
 *
 * <p>Scripts decide between Chinese, Japanese, Korean, Russian and so on. Latin texts are told apart by their most
 * frequent words, which make up a third to a half of running text in each of the languages below and are hardly ever
 * shared: a handful of hits is enough, which costs one look-up a word. A statistical identifier (lingua, fastText) would
 * know more languages, at 100 MB of models and a tenth of the speed; here every language that is not wanted is dropped
 * alike, so telling the unwanted ones apart is of no use.
 */
public final class LanguageIdentifier {

    /** The code of a text whose language cannot be told. */
    public static final String UNKNOWN = "und";

    /**
     * A language.
     *
     * @param code ISO 639-1, or {@value #UNKNOWN}
     * @param confidence 0 to 1
     */
    public record Identified(String code, double confidence) {}

    private static final List<String> FUNCTION_WORDS = List.of(
            "en the of and to in is that it was for on are as with his they at be this have from or had by but what"
                    + " were we when your can said there use an each which she do how their if will other about out"
                    + " many then them these some her would you not has been who its more",
            "de der die und das ist nicht ein eine ich zu den mit sich auf für von dem auch es an werden aus er hat"
                    + " dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder"
                    + " aber vor zur bis mehr durch man sein wurde",
            "fr le la les des et est un une du dans que qui pour pas sur au avec ce il sont par plus ne se aux cette"
                    + " mais ou nous vous leur être ont fait comme tout elle ses été même sans entre",
            "es el los las una del por con para que como más pero sus le lo al se es son está este esta también fue"
                    + " había muy hasta desde todo nos cuando sobre entre ser porque",
            "it il che della di per con del sono nel una alla dei non più anche gli delle come si ha questo nella dal"
                    + " degli essere stato era ma lo loro fatto suo",
            "pt os as do da em um uma para com não que por mais dos das ao seu sua ele foi são como mas à pelo pela"
                    + " até isso também entre ser quando muito já nos",
            "nl de het een van en niet dat op te zijn voor met als aan er maar om ook bij uit naar heeft wordt door"
                    + " deze werd nog wel worden over",
            "sv och att det som är på av för inte med den till en har ett om var jag så men från vi kan när",
            "da og at det er på af til som for ikke den med har de en var jeg så men fra vi kan når",
            "pl i w nie na się że jest do to jak ale po co tak za od jego był przez być może",
            "tr ve bir bu da için ile çok olarak daha olan gibi kadar var sonra ne ama en o mi her",
            "id yang dan di dengan untuk dari ini pada tidak dalam itu akan adalah juga ke atau oleh sebagai telah",
            "vi là của và các có được cho trong không một người với những này khi đã từ để như",
            "cs a se na je v že to s z do o i jako ale za by jeho pro tak po jsou které",
            "ro și în de la cu pe nu care este din un o mai se pentru că sau ca prin dar",
            "fi ja on ei se että oli hän mutta niin kun kuin ovat myös tai sen voi joka",
            "hu a az és hogy nem egy is ez meg volt csak de már van ha mint");

    private static final String[] CODES =
            FUNCTION_WORDS.stream().map(line -> line.substring(0, 2)).toArray(String[]::new);
    private static final Map<Long, Integer> WORDS = words();

    /** Words looked at: the language of a long text shows at its beginning. */
    private static final int MOST_WORDS = 2_000;

    private LanguageIdentifier() {}

    /** The language of {@code text}. */
    public static Identified identify(String text) {
        return identify(text, Words.of(text));
    }

    static Identified identify(String text, Words words) {
        Scripts scripts = Scripts.of(text, words);
        String script = scripts.main();
        double share = scripts.share(script);
        return switch (script) {
            case "latin" -> {
                Identified latin = latin(words);
                yield new Identified(latin.code(), latin.confidence() * share);
            }
            case "none" -> new Identified(UNKNOWN, 0);
            default -> new Identified(script, share);
        };
    }

    private static Identified latin(Words words) {
        double[] scores = new double[CODES.length];
        double sum = 0;
        for (int i = 0; i < Math.min(words.count(), MOST_WORDS); i++) {
            Integer languages = WORDS.get(words.hash(i));
            if (languages != null) {
                // A word of several languages is a small hint for each.
                double weight = 1.0 / Integer.bitCount(languages);
                for (int rest = languages; rest != 0; rest &= rest - 1) {
                    scores[Integer.numberOfTrailingZeros(rest)] += weight * weight;
                    sum += weight * weight;
                }
            }
        }
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            best = scores[i] > scores[best] ? i : best;
        }
        // One hit more for no language at all: a single word decides nothing.
        return scores[best] == 0 ? new Identified(UNKNOWN, 0) : new Identified(CODES[best], scores[best] / (sum + 1));
    }

    private static Map<Long, Integer> words() {
        Map<Long, Integer> words = new HashMap<>();
        for (int i = 0; i < FUNCTION_WORDS.size(); i++) {
            int bit = 1 << i;
            Arrays.stream(FUNCTION_WORDS.get(i).substring(3).split(" ", -1))
                    .forEach(word -> words.merge(Words.hashOf(word), bit, (one, other) -> one | other));
        }
        return words;
    }

    /** How many words of each script there are. */
    private record Scripts(Map<String, Integer> counts, int total) {

        static Scripts of(String text, Words words) {
            Map<String, Integer> counts = new HashMap<>();
            int total = Math.min(words.count(), MOST_WORDS);
            for (int i = 0; i < total; i++) {
                counts.merge(script(text.charAt(words.start(i))), 1, Integer::sum);
            }
            int numbers = counts.getOrDefault("none", 0);
            counts.remove("none");
            // Kana make a text Japanese however many Chinese characters stand between them.
            int kana = counts.getOrDefault("ja", 0);
            if (kana > 0 && kana * 10 >= counts.getOrDefault("zh", 0)) {
                counts.merge("ja", counts.getOrDefault("zh", 0), Integer::sum);
                counts.remove("zh");
            }
            return new Scripts(counts, total - numbers);
        }

        String main() {
            return counts.entrySet().stream()
                    .max(Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                    .map(Map.Entry::getKey)
                    .orElse("none");
        }

        double share(String script) {
            return total == 0 ? 0 : (double) counts.getOrDefault(script, 0) / total;
        }

        private static String script(char c) {
            if (c < 0x0250) {
                return c <= '9' ? "none" : "latin";
            }
            if (c >= 0x4E00 && c <= 0x9FFF || c >= 0x3400 && c <= 0x4DBF || c >= 0xF900 && c <= 0xFAFF) {
                return "zh";
            }
            return switch (Character.UnicodeScript.of(c)) {
                case LATIN -> "latin";
                case HIRAGANA, KATAKANA -> "ja";
                case HANGUL -> "ko";
                case CYRILLIC -> "ru";
                case GREEK -> "el";
                case ARABIC -> "ar";
                case HEBREW -> "he";
                case THAI -> "th";
                case DEVANAGARI -> "hi";
                case COMMON, UNKNOWN, INHERITED -> Character.isSurrogate(c) ? "zh" : "none";
                default -> "other";
            };
        }
    }
}
