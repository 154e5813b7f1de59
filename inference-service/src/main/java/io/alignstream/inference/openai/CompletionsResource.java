package io.alignstream.inference.openai;

import io.alignstream.contracts.access.Role;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.constraint.JsonConstraints;
import io.alignstream.inference.openai.Answering.Asked;
import io.alignstream.inference.openai.answer.CompletionJson;
import io.alignstream.inference.openai.request.CompletionRequest;
import io.alignstream.inference.openai.request.ContextWindow;
import io.alignstream.inference.openai.request.Sampling;
import io.alignstream.inference.openai.request.TextInput;
import io.alignstream.languagemodel.generation.TokenConstraint;
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
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** {@code POST /v1/completions}: goes on with plain texts, which stand at the beginning of a document. */
@Path("/v1/completions")
@Consumes(MediaType.APPLICATION_JSON)
public class CompletionsResource {

    private final JsonConstraints constraints;
    private final Answering answering;

    CompletionsResource(JsonConstraints constraints, Answering answering) {
        this.constraints = constraints;
        this.answering = answering;
    }

    @POST
    @RunOnVirtualThread
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @RolesAllowed(Role.Id.CLIENT)
    public Response complete(byte[] body, @Context RoutingContext http) {
        AuditLog.leaveOut(http);
        CompletionRequest request = CompletionRequest.parse(body);
        return answering.answer(request.model(), http, model -> call(request, model));
    }

    private Answering.Call call(CompletionRequest request, LoadedModel model) {
        ContextWindow window = new ContextWindow(model.positions());
        Sampling sampling = request.sampling();
        sampling.requireTokensBelow(model.tokenizer().vocabularySize());
        Optional<Supplier<TokenConstraint>> constraint = request.format().constraint(constraints, model.tokenizer());
        List<Asked> asked = new ArrayList<>();
        List<String> echoed = new ArrayList<>();
        int promptTokens = 0;
        for (TextInput text : request.prompts()) {
            int[] prompt = text.prompt(model.tokenizer(), window);
            promptTokens += prompt.length;
            int most = window.answer(prompt.length, OptionalLong.of(request.maxTokens()), request.maxTokens());
            for (int choice = 0; choice < sampling.choices(); choice++) {
                asked.add(new Asked(prompt, sampling.decoding(choice, most, constraint)));
                echoed.add(request.echo() ? model.tokenizer().decode(text.ids(model.tokenizer(), window)) : "");
            }
        }
        CompletionJson json = new CompletionJson(
                model,
                promptTokens,
                echoed,
                sampling.probabilities(),
                request.delivery().includeUsage());
        return new Answering.Call(asked, json, Optional.empty(), 0, false, request.delivery().stream());
    }
}
