package io.alignstream.tokenizer;

import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.access.AuditLog;
import io.alignstream.stageruntime.web.Refusal;
import io.alignstream.tokenizer.documents.DocumentReport;
import io.alignstream.tokenizer.vocabulary.TokenFrequencies;
import io.alignstream.tokenizer.vocabulary.TokenSplit;
import io.alignstream.tokenizer.vocabulary.TokenizerStore;
import io.alignstream.tokenizer.vocabulary.VocabularyBrowser;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of the documents; the tokens of the tokenizer in use, and how a text becomes tokens step by step. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class TokenizerResource {

    static final int MAX_TEXT = 2_000;
    private static final int MAX_SEARCH = 100;
    private static final int MAX_KNOWN = 20;

    private final TokenizerStreams streams;
    private final TokenizerStore store;
    private volatile @Nullable Loaded loaded;
    /** The other one that was looked at last. */
    private volatile @Nullable Other other;

    TokenizerResource(TokenizerStreams streams, TokenizerStore store) {
        this.streams = streams;
        this.store = store;
    }

    private record Loaded(TokenizerStreams.Version version, VocabularyBrowser browser) {}

    private record Other(Tokenizer tokenizer, VocabularyBrowser browser) {}

    /**
     * A text to split, at most {@value #MAX_TEXT} characters.
     *
     * @param tokenizer sha256 of the one that splits it; null for the one in use
     */
    public record SplitRequest(@Nullable String text, @Nullable String tokenizer) {}

    /** A tokenizer that texts can be split with. */
    public record Known(String name, String sha256, int vocabularySize, boolean inUse) {}

    /** The newest tokenizers, the newest first; {@value #MAX_KNOWN} at most. */
    @GET
    @Path("vocabulary/tokenizers")
    @RolesAllowed(Role.Id.VIEWER)
    public List<Known> tokenizers() {
        TokenizerStreams.Version version = streams.current();
        String inUse = version == null ? "" : version.event().sha256();
        return streams.known().reversed().stream()
                .limit(MAX_KNOWN)
                .map(known -> new Known(
                        known.name(),
                        known.sha256(),
                        known.vocabularySize(),
                        known.sha256().equals(inUse)))
                .toList();
    }

    @GET
    @Path("documents/outcomes")
    @RolesAllowed(Role.Id.VIEWER)
    public List<DocumentReport.OutcomeCount> outcomes() {
        return DocumentReport.outcomes(streams.documents(), streams.profile());
    }

    @GET
    @Path("documents/figures")
    @RolesAllowed(Role.Id.VIEWER)
    public DocumentReport documents() {
        TokenizerStreams.Version version = streams.current();
        return DocumentReport.of(streams.documents(), streams.profile(), version == null ? null : version.tokenizer());
    }

    @GET
    @Path("vocabulary")
    @RolesAllowed(Role.Id.VIEWER)
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
    @Path("vocabulary/split")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.VIEWER)
    public Response split(@Nullable SplitRequest request, @Context RoutingContext call) throws IOException {
        AuditLog.leaveOut(call);
        String text = request == null ? null : request.text();
        if (request == null || text == null) {
            return badRequest(Reason.of("refusal.noText"));
        }
        if (text.length() > MAX_TEXT) {
            return badRequest(tooLong(text, MAX_TEXT));
        }
        Loaded current = current();
        String wanted = request.tokenizer();
        if (wanted != null
                && (current == null || !current.version().event().sha256().equals(wanted))) {
            return splitWithOther(wanted, text);
        }
        return current == null
                ? none()
                : Response.ok(TokenSplit.of(current.version().tokenizer(), current.browser(), text))
                        .build();
    }

    /** One at a time: another tokenizer is loaded for it. */
    private synchronized Response splitWithOther(String sha256, String text) throws IOException {
        Other known = other;
        if (known == null || !known.tokenizer().sha256().equals(sha256)) {
            Optional<TrainedTokenizer> event = streams.known().stream()
                    .filter(tokenizer -> tokenizer.sha256().equals(sha256))
                    .findFirst();
            if (event.isEmpty()) {
                return Refusal.of(
                        Response.Status.NOT_FOUND,
                        Reason.of("refusal.unknownTokenizer").with("tokenizer", sha256));
            }
            Tokenizer tokenizer = store.load(event.get());
            long[] frequencies =
                    TokenFrequencies.read(store.folder(event.get())).orElse(null);
            known = new Other(tokenizer, new VocabularyBrowser(tokenizer, frequencies));
            other = known;
        }
        return Response.ok(TokenSplit.of(known.tokenizer(), known.browser(), text))
                .build();
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
