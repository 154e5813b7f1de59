package io.alignstream.inference;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** The chat page: one HTML file; its script talks to the same API as everyone else. */
@Path("/chat")
public class ChatPage {

    private static final String FILE = "/META-INF/resources/inference/chat.html";

    private byte @Nullable [] html;

    @GET
    @Produces("text/html;charset=UTF-8")
    public Response page() {
        return Response.ok(html()).header(HttpHeaders.CACHE_CONTROL, "no-cache").build();
    }

    private synchronized byte[] html() {
        if (html == null) {
            try (InputStream in = ChatPage.class.getResourceAsStream(FILE)) {
                if (in == null) {
                    throw new IllegalStateException("the resource " + FILE + " is missing");
                }
                html = in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return html;
    }
}
