package io.alignstream.tokenizer;

import io.alignstream.contracts.Reason;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.textcleaning.Rule;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What became of the documents. */
@Path("/documents")
@Produces(MediaType.APPLICATION_JSON)
public class DocumentsResource {

    private static final int MOST_LANGUAGES = 20;

    private final TokenizerStreams streams;

    DocumentsResource(TokenizerStreams streams) {
        this.streams = streams;
    }

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

    /** Everything about the documents that came through this instance. */
    public record DocumentsResponse(
            String profile,
            long bytes,
            List<OutcomeCount> outcomes,
            List<RuleFigures> rules,
            List<LanguageFigures> languages,
            List<DuplicateCluster> clusters) {}

    @GET
    @Path("outcomes")
    public List<OutcomeCount> outcomes() {
        DocumentFigures figures = streams.documents();
        return streams.possibleOutcomes().stream()
                .map(outcome -> new OutcomeCount(
                        outcome.id(), outcome.meaning(), figures.count(DocumentStatistics.OUTCOME + outcome.id())))
                .toList();
    }

    @GET
    @Path("figures")
    public DocumentsResponse documents() {
        DocumentFigures figures = streams.documents();
        return new DocumentsResponse(
                streams.profile().name(),
                figures.count(DocumentStatistics.BYTES),
                outcomes(),
                Arrays.stream(Rule.values())
                        .filter(rule -> streams.profile().has(rule))
                        .map(rule -> rule(rule, figures))
                        .toList(),
                languages(figures),
                figures.clusters().entrySet().stream()
                        .map(entry -> new DuplicateCluster(
                                entry.getKey(),
                                entry.getValue().duplicates(),
                                entry.getValue().excerpt()))
                        .toList());
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

    private List<LanguageFigures> languages(DocumentFigures figures) {
        TokenizerStreams.Version version = streams.current();
        Tokenizer tokenizer = version == null ? null : version.tokenizer();
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
