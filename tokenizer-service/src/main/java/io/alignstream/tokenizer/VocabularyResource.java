package io.alignstream.tokenizer;

import io.alignstream.contracts.Reason;
import io.alignstream.languagemodel.tokenizer.Derivation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.web.Refusal;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The tokenizer in use: its tokens, and how a text becomes tokens step by step. */
@Path("/vocabulary")
@Produces(MediaType.APPLICATION_JSON)
public class VocabularyResource {

    static final int MAX_TEXT = 2_000;
    private static final int MAX_SEARCH = 100;

    private final TokenizerStreams streams;
    private final TokenizerStore store;
    private volatile @Nullable Loaded loaded;

    VocabularyResource(TokenizerStreams streams, TokenizerStore store) {
        this.streams = streams;
        this.store = store;
    }

    private record Loaded(TokenizerStreams.Version version, VocabularyBrowser browser) {}

    /** A text to split, at most {@value #MAX_TEXT} characters. */
    public record SplitRequest(@Nullable String text) {}

    /**
     * A text on its way from symbols to tokens.
     *
     * @param names what each id that comes up stands for
     * @param symbols ids before any merge
     * @param pieces where in {@code symbols} each piece begins
     */
    record Split(
            String tokenizer,
            Map<Integer, VocabularyBrowser.Entry> names,
            List<Integer> symbols,
            List<Integer> pieces,
            List<Derivation.Step> steps) {}

    @GET
    public Response find(
            @QueryParam("search") @DefaultValue("") String search,
            @QueryParam("order") @DefaultValue("id") String order,
            @QueryParam("page") @DefaultValue("0") int page)
            throws IOException {
        List<String> orders = Arrays.stream(VocabularyBrowser.Order.values())
                .map(value -> value.name().toLowerCase(Locale.ROOT))
                .toList();
        if (!orders.contains(order)) {
            return badRequest(
                    Reason.of("refusal.unknownOrder").with("order", order).with("orders", String.join(", ", orders)));
        }
        if (search.length() > MAX_SEARCH) {
            return badRequest(tooLong(search, MAX_SEARCH));
        }
        Loaded current = current();
        return current == null
                ? none()
                : Response.ok(current.browser()
                                .find(search, VocabularyBrowser.Order.valueOf(order.toUpperCase(Locale.ROOT)), page))
                        .build();
    }

    @POST
    @Path("split")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response split(@Nullable SplitRequest request) throws IOException {
        String text = request == null ? null : request.text();
        if (text == null || text.length() > MAX_TEXT) {
            return badRequest(text == null ? Reason.of("refusal.noText") : tooLong(text, MAX_TEXT));
        }
        Loaded current = current();
        return current == null
                ? none()
                : Response.ok(split(current.version().tokenizer(), current.browser(), text))
                        .build();
    }

    private static Split split(Tokenizer tokenizer, VocabularyBrowser browser, String text) {
        Derivation derivation = tokenizer.derive(text);
        Map<Integer, VocabularyBrowser.Entry> names = new TreeMap<>();
        derivation.symbols().forEach(id -> names.put(id, browser.entry(id)));
        derivation.steps().forEach(step -> names.put(step.id(), browser.entry(step.id())));
        return new Split(tokenizer.sha256(), names, derivation.symbols(), derivation.pieces(), derivation.steps());
    }

    private @Nullable Loaded current() throws IOException {
        TokenizerStreams.Version version = streams.current();
        Loaded known = loaded;
        if (version == null || (known != null && known.version() == version)) {
            return version == null ? null : known;
        }
        long[] frequencies =
                TokenFrequencies.read(store.folder(version.event())).orElse(null);
        Loaded fresh = new Loaded(version, new VocabularyBrowser(version.tokenizer(), frequencies));
        loaded = fresh;
        return fresh;
    }

    private static Response none() {
        return Refusal.of(Response.Status.CONFLICT, Reason.of("refusal.noTokenizer"));
    }

    private static Response badRequest(Reason reason) {
        return Refusal.of(Response.Status.BAD_REQUEST, reason);
    }

    private static Reason tooLong(String text, int most) {
        return Reason.of("refusal.tooLong").with("characters", text.length()).with("most", most);
    }
}
