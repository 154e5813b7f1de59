package io.alignstream.stageruntime.web;

import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;

/** The message catalogues, for the scripts of the pages. */
@Path("alignstream/messages")
@Produces(MediaType.APPLICATION_JSON)
public class MessagesResource {

    /** The sentences of a language by their codes. */
    @GET
    @PermitAll
    @Path("{language}")
    public Map<String, String> sentences(@PathParam("language") String language) {
        return Messages.in(Language.of(language).orElseThrow(NotFoundException::new))
                .sentences();
    }
}
