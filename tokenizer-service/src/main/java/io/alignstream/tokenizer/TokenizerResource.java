package io.alignstream.tokenizer;

import io.alignstream.languagemodel.tokenizer.Tokenizer;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What became of the documents, and a try of the tokenizer in use. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class TokenizerResource {

    static final int MAX_TEXT = 10_000;

    private final TokenizerStreams streams;
    private volatile @Nullable Playground playground;

    TokenizerResource(TokenizerStreams streams) {
        this.streams = streams;
    }

    private record Playground(TokenizerStreams.Version version, MergeHistory history) {}

    /** Documents of one outcome. */
    public record OutcomeCount(String outcome, String reason, long documents) {}

    /** A text to split, at most {@value #MAX_TEXT} characters. */
    public record TokenizeRequest(@Nullable String text) {}

    /** One token of a text; {@code text} is a name like {@code <0xE4>} where it is no whole character. */
    public record Token(int id, String text) {}

    /** A text's tokens and the merges that made them, the earliest learned first. */
    public record TokenizeResponse(
            String tokenizer, int vocabularySize, List<Token> tokens, List<MergeHistory.Merge> merges) {}

    @GET
    @Path("documents/outcomes")
    public List<OutcomeCount> outcomes() {
        return streams.outcomes().entrySet().stream()
                .map(entry ->
                        new OutcomeCount(entry.getKey().id(), entry.getKey().reason(), entry.getValue()))
                .toList();
    }

    @POST
    @Path("tokenize")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response tokenize(@Nullable TokenizeRequest request) {
        String text = request == null ? null : request.text();
        if (text == null || text.length() > MAX_TEXT) {
            return error(
                    Response.Status.BAD_REQUEST,
                    "text " + (text == null ? "is missing" : "has " + text.length() + " characters")
                            + "; send {\"text\": …}" + " with at most " + MAX_TEXT + " characters");
        }
        TokenizerStreams.Version version = streams.current();
        if (version == null) {
            return error(
                    Response.Status.CONFLICT, "there is no tokenizer yet; publish documents and trigger this stage");
        }
        return Response.ok(split(text, playground(version))).build();
    }

    private static TokenizeResponse split(String text, Playground playground) {
        Tokenizer tokenizer = playground.version().tokenizer();
        List<Token> tokens = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>();
        for (int id : tokenizer.encode(NormalisedText.of(text).text())) {
            tokens.add(new Token(id, tokenizer.name(id)));
            names.add(tokenizer.name(id));
        }
        return new TokenizeResponse(
                tokenizer.sha256(),
                tokenizer.vocabularySize(),
                tokens,
                playground.history().of(names));
    }

    private Playground playground(TokenizerStreams.Version version) {
        Playground known = playground;
        if (known == null || known.version() != version) {
            known = new Playground(version, new MergeHistory(version.tokenizer()));
            playground = known;
        }
        return known;
    }

    private static Response error(Response.Status status, String message) {
        return Response.status(status).entity(Map.of("error", message)).build();
    }
}
