package io.alignstream.inference.openai;

import io.alignstream.contracts.access.Role;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.ServedModel;
import io.alignstream.inference.openai.request.ApiException;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * {@code GET /v1/models}: the names that are served, the plain one first, and what they stand for, with the hash of its checkpoint and
 * the run that made it.
 */
@Path("/v1/models")
@Produces(MediaType.APPLICATION_JSON)
public class ModelsResource {

    private final InferenceConfig config;
    private final ServedModel served;

    ModelsResource(InferenceConfig config, ServedModel served) {
        this.config = config;
        this.served = served;
    }

    /** A list, as the API wraps it. */
    public record ModelList(String object, List<Model> data) {}

    /**
     * A served model.
     *
     * @param created when it was taken into service, in seconds since 1970
     * @param sha256 content address of its checkpoint
     */
    public record Model(String id, String object, long created, String owned_by, String sha256, String run) {

        private static Model of(Map.Entry<String, LoadedModel> named) {
            LoadedModel model = named.getValue();
            return new Model(
                    named.getKey(),
                    "model",
                    model.loadedAt().getEpochSecond(),
                    "alignstream",
                    model.sha256(),
                    model.release().run());
        }
    }

    @GET
    @RolesAllowed({Role.Id.CLIENT, Role.Id.VIEWER})
    public ModelList list() {
        return new ModelList(
                "list", served.names().entrySet().stream().map(Model::of).toList());
    }

    @GET
    @Path("{id}")
    @RolesAllowed({Role.Id.CLIENT, Role.Id.VIEWER})
    public Model model(@PathParam("id") String id) {
        SequencedMap<String, LoadedModel> names = served.names();
        LoadedModel model = names.get(id);
        if (model == null) {
            throw ApiException.unknownModel(id, names.isEmpty() ? config.model() : String.join(", ", names.keySet()));
        }
        return Model.of(Map.entry(id, model));
    }
}
