package io.alignstream.tokenizer.documents;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Rule;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What became of the documents that came through this instance, for people to read. */
public record DocumentReport(
        String profile,
        long bytes,
        List<OutcomeCount> outcomes,
        List<RuleFigures> rules,
        List<LanguageFigures> languages,
        List<DuplicateCluster> clusters) {

    private static final int MOST_LANGUAGES = 20;

    /** Documents of one outcome. */
    public record OutcomeCount(String outcome, Reason reason, long documents) {}

    /** A document that a rule has dropped. */
    public record DropSample(String id, @Nullable Reason fault, String excerpt) {}

    /** What a rule did; {@code samples} only of rules that drop. */
    public record RuleFigures(
            String rule, String effect, Reason description, long documents, List<DropSample> samples) {}

    /**
     * Documents of one language.
     *
     * @param bytesPerToken of samples, with the tokenizer in use; 0 while there is none
     */
    public record LanguageFigures(String language, long documents, long bytes, double bytesPerToken) {}

    /** Documents that are like one; {@code first} is its place in {@code documents}, partition/offset. */
    public record DuplicateCluster(String first, long duplicates, String excerpt) {}

    /** The report on {@code figures}, which were counted with the rules of {@code profile}. */
    public static DocumentReport of(DocumentFigures figures, CleaningProfile profile, @Nullable Tokenizer tokenizer) {
        return new DocumentReport(
                profile.name(),
                figures.count(DocumentStatistics.BYTES),
                outcomes(figures, profile),
                Arrays.stream(Rule.values())
                        .filter(profile::has)
                        .map(rule -> rule(rule, figures))
                        .toList(),
                languages(figures, tokenizer),
                figures.clusters().entrySet().stream()
                        .map(entry -> new DuplicateCluster(
                                entry.getKey(),
                                entry.getValue().duplicates(),
                                entry.getValue().excerpt()))
                        .toList());
    }

    /** Documents of each outcome that is possible with the rules of {@code profile}. */
    public static List<OutcomeCount> outcomes(DocumentFigures figures, CleaningProfile profile) {
        return Outcome.of(profile).stream()
                .map(outcome -> new OutcomeCount(
                        outcome.id(), outcome.meaning(), figures.count(DocumentStatistics.OUTCOME + outcome.id())))
                .toList();
    }

    private static RuleFigures rule(Rule rule, DocumentFigures figures) {
        boolean drops = rule.effect() == Rule.Effect.DROP;
        String counter = (drops ? DocumentStatistics.OUTCOME : DocumentStatistics.APPLIED) + rule.id();
        return new RuleFigures(
                rule.id(),
                rule.effect().name().toLowerCase(Locale.ROOT),
                Outcome.meaning(rule.id()),
                figures.count(counter),
                figures.samples().getOrDefault(counter, List.of()).stream()
                        .map(sample -> new DropSample(sample.id(), sample.fault(), sample.excerpt()))
                        .toList());
    }

    private static List<LanguageFigures> languages(DocumentFigures figures, @Nullable Tokenizer tokenizer) {
        String prefix = DocumentStatistics.LANGUAGE_DOCUMENTS;
        return figures.counts().entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix))
                .sorted((one, other) -> Long.compare(other.getValue(), one.getValue()))
                .limit(MOST_LANGUAGES)
                .map(entry -> {
                    String language = entry.getKey().substring(prefix.length());
                    long bytes = figures.count(DocumentStatistics.LANGUAGE_BYTES + language);
                    var samples = figures.samples().getOrDefault(entry.getKey(), List.of());
                    return new LanguageFigures(
                            language,
                            entry.getValue(),
                            bytes,
                            tokenizer == null ? 0 : bytesPerToken(tokenizer, samples));
                })
                .toList();
    }

    private static double bytesPerToken(Tokenizer tokenizer, List<DocumentStatistics.Sample> samples) {
        long bytes = 0;
        long tokens = 0;
        for (DocumentStatistics.Sample sample : samples) {
            bytes += sample.excerpt().getBytes(StandardCharsets.UTF_8).length;
            tokens += tokenizer.encode(sample.excerpt()).length;
        }
        return tokens == 0 ? 0 : (double) bytes / tokens;
    }
}
