package io.alignstream.inference.openai;

import io.alignstream.contracts.access.Role;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.openai.request.ContextWindow;
import io.alignstream.inference.openai.request.TokenizeRequest;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.access.AuditLog;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * {@code POST /tokenize} and {@code /detokenize}: the token ids of a text or a conversation, and back, as vLLM has them. A
 * text's ids are those of the text alone, without what stands before it in a document.
 */
@Path("/")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class TokenizerResource {

    private final Answering answering;

    TokenizerResource(Answering answering) {
        this.answering = answering;
    }

    /**
     * A text in tokens.
     *
     * @param max_model_len most tokens that the model takes
     * @param token_strs what each stands for, control tokens by name
     */
    public record Tokens(
            int count, int max_model_len, int[] tokens, List<String> token_strs, String sha256, String run) {}

    /** The text of tokens, control tokens left out. */
    public record Text(String prompt, String sha256, String run) {}

    @POST
    @Path("tokenize")
    @RunOnVirtualThread
    @RolesAllowed(Role.Id.CLIENT)
    public Tokens tokenize(byte[] body, @Context RoutingContext http) {
        AuditLog.leaveOut(http);
        TokenizeRequest request = TokenizeRequest.tokenize(body);
        return with(request.model(), model -> {
            Tokenizer tokenizer = model.tokenizer();
            int[] ids = request.ids(tokenizer, new ContextWindow(model.positions()));
            return new Tokens(
                    ids.length,
                    model.positions(),
                    ids,
                    Arrays.stream(ids).mapToObj(id -> text(tokenizer, id)).toList(),
                    model.sha256(),
                    model.release().run());
        });
    }

    private static String text(Tokenizer tokenizer, int id) {
        return tokenizer.byteLength(id) == 0 ? tokenizer.name(id) : tokenizer.decode(id);
    }

    @POST
    @Path("detokenize")
    @RunOnVirtualThread
    @RolesAllowed(Role.Id.CLIENT)
    public Text detokenize(byte[] body, @Context RoutingContext http) {
        AuditLog.leaveOut(http);
        TokenizeRequest request = TokenizeRequest.detokenize(body);
        return with(request.model(), model -> {
            int[] ids = request.ids(model.tokenizer(), new ContextWindow(model.positions()));
            return new Text(
                    model.tokenizer().decode(ids),
                    model.sha256(),
                    model.release().run());
        });
    }

    private <T> T with(String name, Function<LoadedModel, T> use) {
        LoadedModel model = answering.model(name);
        try {
            return use.apply(model);
        } finally {
            model.giveBack();
        }
    }
}
