package io.alignstream.inference.openai;

import io.alignstream.contracts.access.Role;
import io.alignstream.inference.Embeddings;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.openai.request.ApiException;
import io.alignstream.inference.openai.request.ContextWindow;
import io.alignstream.inference.openai.request.EmbeddingRequest;
import io.alignstream.stageruntime.access.AuditLog;
import io.alignstream.stageruntime.access.Caller;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/** {@code POST /v1/embeddings}: texts as vectors of length 1, of the model that answers, too. */
@Path("/v1/embeddings")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class EmbeddingsResource {

    private static final Logger LOG = Logger.getLogger(EmbeddingsResource.class);

    private final Answering answering;
    private final Embeddings embeddings;

    EmbeddingsResource(Answering answering, Embeddings embeddings) {
        this.answering = answering;
        this.embeddings = embeddings;
    }

    /** The vectors, in the order of the texts. */
    public record Vectors(String object, List<Vector> data, String model, Usage usage, String sha256, String run) {}

    /** @param embedding a {@code float[]}, or its bytes in base64, the lowest byte of each number first */
    public record Vector(String object, int index, Object embedding) {}

    /** Tokens of all texts. */
    public record Usage(int prompt_tokens, int total_tokens) {}

    @POST
    @RunOnVirtualThread
    @RolesAllowed(Role.Id.CLIENT)
    public Vectors embed(byte[] body, @Context RoutingContext http) throws InterruptedException {
        AuditLog.leaveOut(http);
        EmbeddingRequest request = EmbeddingRequest.parse(body);
        LoadedModel model = answering.model(request.model());
        List<int[]> texts;
        try {
            texts = request.ids(model.tokenizer(), new ContextWindow(model.positions()));
        } catch (RuntimeException e) {
            model.giveBack();
            throw e;
        }
        List<float[]> vectors = vectors(Caller.of(http), model, texts);
        List<Vector> data = new ArrayList<>();
        for (float[] vector : vectors) {
            data.add(new Vector("embedding", data.size(), request.base64() ? base64(vector) : vector));
        }
        int tokens = texts.stream().mapToInt(text -> text.length).sum();
        return new Vectors(
                "list",
                data,
                model.release().model(),
                new Usage(tokens, tokens),
                model.sha256(),
                model.release().run());
    }

    private List<float[]> vectors(String client, LoadedModel model, List<int[]> texts) throws InterruptedException {
        try {
            return embeddings.of(client, model, texts);
        } catch (RejectedExecutionException e) {
            throw ApiException.busy(1);
        } catch (TimeoutException e) {
            throw ApiException.timedOut();
        } catch (ExecutionException e) {
            LOG.errorf(e, "No vectors from model %s", model.sha256());
            throw ApiException.failed();
        }
    }

    private static String base64(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
