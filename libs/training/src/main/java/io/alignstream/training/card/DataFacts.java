package io.alignstream.training.card;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a frozen range of a topic holds, as its records say themselves: labels of documents, tags of all else. A record that a
 * later one replaces counts, too. Immutable.
 *
 * @param records how many were read
 * @param whole whether the whole range was, or only its beginning
 * @param characters of all texts together, in UTF-16 units
 * @param firstPublished when the first record came, by the broker's clock
 * @param dated records with a date of their own
 * @param oldest the earliest such date, {@code yyyy-MM-dd} or the part of it that is said; null where none is
 * @param newest the latest one
 * @param sources where texts come from; of rankings the guideline, as a card that goes out names nobody who ranked
 * @param languages by their labels
 * @param scripts letters by script, in the first {@value #LOOKED_AT} characters of each text
 * @param licences by their labels
 * @param masked personal data that cleaning replaced by a placeholder, by kind
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DataFacts(
        long records,
        boolean whole,
        long characters,
        @Nullable String firstPublished,
        @Nullable String lastPublished,
        long dated,
        @Nullable String oldest,
        @Nullable String newest,
        Tally sources,
        Tally languages,
        Tally scripts,
        Tally licences,
        Tally masked) {

    static final int LOOKED_AT = 1_000;

    /** Labels that say when a text was written, the first that is there counts. */
    static final String[] DATES = {"date", "published", "created", "timestamp"};

    static final String[] LANGUAGES = {"language", "lang"};
    static final String[] LICENCES = {"license", "licence"};

    private static final Pattern DATE = Pattern.compile("(\\d{4}(?:-\\d{2}(?:-\\d{2})?)?)(?:[T ].*)?");
    /** What text-cleaning puts in the place of personal data. */
    private static final Pattern PLACEHOLDER = Pattern.compile("<(EMAIL|PHONE|ID_CARD|BANK_CARD|IP_ADDRESS)>");

    /** Goes through the records of a range, one after the other. For one thread. */
    public static final class Collector {

        private final Tally.Counter sources = new Tally.Counter();
        private final Tally.Counter languages = new Tally.Counter();
        private final Tally.Counter scripts = new Tally.Counter();
        private final Tally.Counter licences = new Tally.Counter();
        private final Tally.Counter masked = new Tally.Counter();
        private final Map<Character.UnicodeScript, Long> letters = new TreeMap<>();
        private long records;
        private long characters;
        private @Nullable Instant first;
        private @Nullable Instant last;
        private long dated;
        private @Nullable String oldest;
        private @Nullable String newest;

        /**
         * Takes a record into account.
         *
         * @param published when it came, by the broker's clock
         */
        public void add(Object event, Instant published) {
            records++;
            first = first == null || published.isBefore(first) ? published : first;
            last = last == null || published.isAfter(last) ? published : last;
            switch (event) {
                case Document document -> add(document.text(), document.source(), document.labels());
                case CleanDocument document -> {
                    add(document.text(), document.source(), document.labels());
                    countPlaceholders(document.text());
                }
                case Instruction instruction -> {
                    conversation(instruction.messages());
                    instruction.referenceAnswers().forEach(this::text);
                    tags(instruction.tags());
                }
                case Prompt prompt -> {
                    conversation(prompt.messages());
                    tags(prompt.tags());
                }
                case RankingRequest request -> {
                    conversation(request.messages());
                    request.answers().forEach(this::text);
                    tags(request.tags());
                }
                case Ranking ranking -> sources.add(ranking.guidelineVersion(), 1);
                default -> {
                    return; // counted, and nothing is known of it
                }
            }
        }

        private void add(String text, String source, Map<String, String> labels) {
            text(text);
            sources.add(source, 1);
            labels(labels);
        }

        private void conversation(Iterable<Message> messages) {
            messages.forEach(message -> text(message.content()));
        }

        private void tags(Map<String, String> tags) {
            String source = tags.get("source");
            if (source != null) {
                sources.add(source, 1);
            }
            labels(tags);
        }

        private void labels(Map<String, String> labels) {
            count(languages, labels, LANGUAGES);
            count(licences, labels, LICENCES);
            for (String name : DATES) {
                Matcher date = DATE.matcher(labels.getOrDefault(name, ""));
                if (date.matches()) {
                    dated(date.group(1));
                    return;
                }
            }
        }

        private static void count(Tally.Counter counter, Map<String, String> labels, String[] names) {
            for (String name : names) {
                String value = labels.getOrDefault(name, "").strip();
                if (!value.isEmpty()) {
                    counter.add(value, 1);
                    return;
                }
            }
        }

        private void dated(String date) {
            dated++;
            oldest = oldest == null || date.compareTo(oldest) < 0 ? date : oldest;
            newest = newest == null || date.compareTo(newest) > 0 ? date : newest;
        }

        private void text(String text) {
            characters += text.length();
            text.codePoints()
                    .limit(LOOKED_AT)
                    .filter(Character::isLetter)
                    .forEach(letter -> letters.merge(Character.UnicodeScript.of(letter), 1L, Long::sum));
        }

        private void countPlaceholders(String text) {
            if (text.indexOf('<') >= 0) {
                Matcher placeholder = PLACEHOLDER.matcher(text);
                while (placeholder.find()) {
                    masked.add(placeholder.group(1).toLowerCase(Locale.ROOT), 1);
                }
            }
        }

        /** How many records there were so far. */
        public long records() {
            return records;
        }

        /**
         * What they say.
         *
         * @param whole whether that were all of the range
         */
        public DataFacts facts(boolean whole) {
            letters.forEach((script, count) -> scripts.add(script.name().toLowerCase(Locale.ROOT), count));
            letters.clear();
            return new DataFacts(
                    records,
                    whole,
                    characters,
                    first == null ? null : first.toString(),
                    last == null ? null : last.toString(),
                    dated,
                    oldest,
                    newest,
                    sources.tally(),
                    languages.tally(),
                    scripts.tally(),
                    licences.tally(),
                    masked.tally());
        }
    }
}
