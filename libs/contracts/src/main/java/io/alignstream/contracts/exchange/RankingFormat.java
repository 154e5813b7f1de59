package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The forms in which rankings are handed on, a JSON object each; constants are thread-safe. */
public enum RankingFormat {
    /** {@code request} and {@code ranking} as on the topics; nothing is lost. */
    ALIGNSTREAM("alignstream", new OwnLines()),
    /** Records with what each annotator has submitted, as Argilla exports them: an order of fields, or a rating of each. */
    ARGILLA("argilla", new ArgillaRecords()),
    /**
     * {@code chosen} and {@code rejected} as TRL's preference datasets have them, as texts or as lists of turns, with their
     * {@code prompt} or beginning with it. Written: lists, {@code prompt} apart.
     */
    TRL("trl", new PreferencePairs(false)),
    /** Whole transcripts, {@code "\n\nHuman: … \n\nAssistant: …"}, as Anthropic's hh-rlhf has them. */
    HH_RLHF("hh-rlhf", new PreferencePairs(true)),
    /**
     * {@code instruction} with any number of {@code completions} that were rated, as UltraFeedback has them; or with {@code
     * generations} and their {@code ratings}, as distilabel has them.
     */
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

        /** @param remarks is told what of the element counts for nothing though the element is taken */
        List<RankedRequest> read(ObjectNode json, RankedRequest.Source source, Consumer<Reason> remarks);

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
     * The format of an element.
     *
     * @throws InvalidInputException if it is none of them, with the fields that they have
     */
    public static RankingFormat of(ObjectNode element) {
        return Arrays.stream(values())
                .filter(format -> format.form.fits(element))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException(Reason.of("exchange.unknown")
                        .with(
                                "fields",
                                String.join(
                                        ", ",
                                        element.properties().stream()
                                                .map(Map.Entry::getKey)
                                                .toList()))));
    }

    /** Who is said to have ranked what comes in this format without names, for example {@code import:hh-rlhf}. */
    public String annotator() {
        return "import:" + id;
    }

    /**
     * Reads an element: a ranking, or one for each annotator. Ids are a function of its content, but for the own format, which
     * has them.
     *
     * @param annotator who ranked; one that the element names is added. The own format keeps its annotators
     * @throws InvalidInputException if it says no ranking
     */
    public List<RankedRequest> read(ObjectNode json, String annotator) {
        return read(json, annotator, remark -> {});
    }

    /**
     * The same, for who wants to know what was left of it.
     *
     * @param remarks is told what annotators have submitted that counts for nothing, or not wholly, for people
     */
    public List<RankedRequest> read(ObjectNode json, String annotator, Consumer<Reason> remarks) {
        String named = json.path("annotator").asText("");
        return form.read(
                json, RankedRequest.Source.imported(named.isBlank() ? annotator : annotator + "/" + named), remarks);
    }

    /**
     * The elements that say {@code ranked}, one or more.
     *
     * @throws InvalidInputException if this format cannot say it; only the own format can say that an annotator abstained, or
     *     that a request is gold, and without that others would learn from it
     */
    public List<ObjectNode> write(RankedRequest ranked) {
        if (this != ALIGNSTREAM && ranked.ranking().abstention() != null) {
            throw new InvalidInputException(Reason.of("exchange.abstained"));
        }
        if (this != ALIGNSTREAM && ranked.request().goldOrder().isPresent()) {
            throw new InvalidInputException(Reason.of("exchange.gold"));
        }
        return form.write(ranked);
    }
}
