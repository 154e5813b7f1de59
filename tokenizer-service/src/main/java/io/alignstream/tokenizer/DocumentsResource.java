package io.alignstream.tokenizer;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** What became of the documents. */
@Path("/documents")
@Produces(MediaType.APPLICATION_JSON)
public class DocumentsResource {

    private final TokenizerStreams streams;

    DocumentsResource(TokenizerStreams streams) {
        this.streams = streams;
    }

    /** Documents of one outcome. */
    public record OutcomeCount(String outcome, String reason, long documents) {}

    @GET
    @Path("outcomes")
    public List<OutcomeCount> outcomes() {
        return streams.outcomes().entrySet().stream()
                .map(entry ->
                        new OutcomeCount(entry.getKey().id(), entry.getKey().reason(), entry.getValue()))
                .toList();
    }
}
