package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The forms in which rankings are handed on, one JSON object a line; constants are thread-safe. */
public enum RankingFormat {
    /** {@code request} and {@code ranking} as on the topics; nothing is lost. */
    ALIGNSTREAM("alignstream", new OwnLines()),
    /**
     * {@code chosen} and {@code rejected} as TRL's preference datasets have them, as texts or as lists of turns, with their
     * {@code prompt} or beginning with it. Written: lists, {@code prompt} apart.
     */
    TRL("trl", new PreferencePairs(false)),
    /** Whole transcripts, {@code "\n\nHuman: … \n\nAssistant: …"}, as Anthropic's hh-rlhf has them. */
    HH_RLHF("hh-rlhf", new PreferencePairs(true)),
    /** {@code instruction} with any number of {@code completions} that were rated, as UltraFeedback has them. */
    ULTRAFEEDBACK("ultrafeedback", new RatedCompletions());

    private final String id;
    private final Form form;

    RankingFormat(String id, Form form) {
        this.id = id;
        this.form = form;
    }

    /** How one format says a ranking. */
    interface Form {

        boolean fits(ObjectNode json);

        RankedRequest read(ObjectNode json, RankedRequest.Source source);

        List<ObjectNode> write(RankedRequest ranked);
    }

    /** As people write it, for example {@code hh-rlhf}. */
    public String id() {
        return id;
    }

    @Override
    public String toString() {
        return id;
    }

    /** The format of {@code id}, if there is one. */
    public static Optional<RankingFormat> of(String id) {
        return Arrays.stream(values()).filter(format -> format.id.equals(id)).findFirst();
    }

    /**
     * The format of a file's first element.
     *
     * @throws InvalidInputException if it is none of them, with the fields that they have
     */
    public static RankingFormat of(ObjectNode first) {
        return Arrays.stream(values())
                .filter(format -> format.form.fits(first))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException(Reason.of("exchange.unknown")
                        .with(
                                "fields",
                                String.join(
                                        ", ",
                                        first.properties().stream()
                                                .map(Map.Entry::getKey)
                                                .toList()))));
    }

    /** Who is said to have ranked what comes in this format without names, for example {@code import:hh-rlhf}. */
    public String annotator() {
        return "import:" + id;
    }

    /**
     * Reads an element. Ids are a function of its content, but for the own format, which has them.
     *
     * @param annotator who ranked; one that the element names is added. The own format keeps its annotators
     * @throws InvalidInputException if it says no ranking
     */
    public RankedRequest read(ObjectNode json, String annotator) {
        String named = json.path("annotator").asText("");
        String whole = named.isBlank() ? annotator : annotator + "/" + named;
        return form.read(json, new RankedRequest.Source("import", whole, "unknown", Map.of("source", annotator())));
    }

    /**
     * The elements that say {@code ranked}, one or more.
     *
     * @throws InvalidInputException if this format cannot say it; only the own format can say that a request is gold, and
     *     without that others would learn from it
     */
    public List<ObjectNode> write(RankedRequest ranked) {
        if (this != ALIGNSTREAM && ranked.request().goldOrder().isPresent()) {
            throw new InvalidInputException(Reason.of("exchange.gold"));
        }
        return form.write(ranked);
    }
}
