package io.alignstream.inference.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.access.Role;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** {@code GET /openapi}: the OpenAPI document of what clients call. */
@Path("/openapi")
@Produces(MediaType.APPLICATION_JSON)
public class OpenApiResource {

    private final byte[] document;
    private final JsonNode paths;

    OpenApiResource() {
        try (InputStream in = OpenApiResource.class.getResourceAsStream("openapi.json")) {
            if (in == null) {
                throw new IllegalStateException("openapi.json is missing beside " + OpenApiResource.class);
            }
            document = in.readAllBytes();
            paths = new ObjectMapper().readTree(document).path("paths");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read openapi.json", e);
        }
    }

    /** Those that {@code path} knows; empty if it is none of the document's. */
    Set<String> methods(String path) {
        return paths.properties().stream()
                .filter(entry -> path.matches(entry.getKey().replaceAll("\\{\\w+}", "[^/]+")))
                .flatMap(entry -> entry.getValue().properties().stream())
                .map(method -> method.getKey().toUpperCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @GET
    @RolesAllowed({Role.Id.CLIENT, Role.Id.VIEWER})
    public byte[] document() {
        return document.clone();
    }
}
