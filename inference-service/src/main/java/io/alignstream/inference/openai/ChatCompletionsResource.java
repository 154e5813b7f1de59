package io.alignstream.inference.openai;

import io.alignstream.contracts.access.Role;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.constraint.JsonConstraints;
import io.alignstream.inference.openai.Answering.Asked;
import io.alignstream.inference.openai.answer.ChatJson;
import io.alignstream.inference.openai.request.ChatRequest;
import io.alignstream.inference.openai.request.ContextWindow;
import io.alignstream.inference.openai.request.Conversation;
import io.alignstream.inference.openai.request.Sampling;
import io.alignstream.inference.openai.request.ToolCalls;
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
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** {@code POST /v1/chat/completions}, streaming and not. Text that users type never becomes a control token. */
@Path("/v1/chat/completions")
@Consumes(MediaType.APPLICATION_JSON)
public class ChatCompletionsResource {

    private final InferenceConfig config;
    private final JsonConstraints constraints;
    private final Answering answering;
    private final Grounding grounding;

    ChatCompletionsResource(
            InferenceConfig config, JsonConstraints constraints, Answering answering, Grounding grounding) {
        this.config = config;
        this.constraints = constraints;
        this.answering = answering;
        this.grounding = grounding;
    }

    @POST
    @RunOnVirtualThread
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @RolesAllowed(Role.Id.CLIENT)
    public Response complete(byte[] body, @Context RoutingContext http) {
        AuditLog.leaveOut(http);
        ChatRequest request = ChatRequest.parse(body);
        return answering.answer(request.model(), http, model -> call(request, model));
    }

    private Answering.Call call(ChatRequest request, LoadedModel model) {
        ContextWindow window = new ContextWindow(model.positions());
        Sampling sampling = request.sampling();
        sampling.requireTokensBelow(model.tokenizer().vocabularySize());
        Grounding.Grounded grounded =
                grounding.ground(request.retrieval(), request.conversation(), "messages", model, request.maxTokens());
        Conversation conversation = grounded.conversation();
        int[] prompt = grounded.prompt().prompt("messages", model.tokenizer(), window);
        int most = window.answer(prompt.length, request.maxTokens(), config.defaultMaxTokens());
        Optional<ToolCalls> calls = request.conversation().calls(model.tokenizer());
        BitSet shown = calls.map(some -> some.shown(model.tokenizer())).orElseGet(BitSet::new);
        Optional<Supplier<TokenConstraint>> constraint = calls.flatMap(
                        some -> some.constraint(constraints, model.tokenizer()))
                .or(() -> request.format().constraint(constraints, model.tokenizer()));
        List<Asked> asked = IntStream.range(0, sampling.choices())
                .mapToObj(choice -> new Asked(prompt, sampling.decoding(choice, most, shown, constraint)))
                .toList();
        ChatJson json = new ChatJson(
                model,
                prompt.length,
                sampling.choices(),
                calls,
                sampling.probabilities(),
                request.delivery().includeUsage(),
                grounded.sources());
        return new Answering.Call(
                asked,
                json,
                Optional.of(conversation).filter(talk -> talk.tools().isEmpty()),
                grounded.added(),
                grounded.sources().isPresent(),
                request.delivery().stream());
    }
}
