package io.alignstream.inference.openai;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.access.Role;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.RecentResponses;
import io.alignstream.inference.constraint.JsonConstraints;
import io.alignstream.inference.openai.Answering.Asked;
import io.alignstream.inference.openai.answer.ResponseJson;
import io.alignstream.inference.openai.request.ApiException;
import io.alignstream.inference.openai.request.ContextWindow;
import io.alignstream.inference.openai.request.Conversation;
import io.alignstream.inference.openai.request.ResponsesRequest;
import io.alignstream.inference.openai.request.Sampling;
import io.alignstream.inference.openai.request.ToolCalls;
import io.alignstream.languagemodel.generation.TokenConstraint;
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
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@code POST /v1/responses}, streaming and not. Responses are not kept: one goes on with an earlier one as long as this
 * instance remembers it for feedback.
 */
@Path("/v1/responses")
@Consumes(MediaType.APPLICATION_JSON)
public class ResponsesResource {

    private final InferenceConfig config;
    private final JsonConstraints constraints;
    private final RecentResponses responses;
    private final Answering answering;
    private final Grounding grounding;

    ResponsesResource(
            InferenceConfig config,
            JsonConstraints constraints,
            RecentResponses responses,
            Answering answering,
            Grounding grounding) {
        this.config = config;
        this.constraints = constraints;
        this.responses = responses;
        this.answering = answering;
        this.grounding = grounding;
    }

    @POST
    @RunOnVirtualThread
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @RolesAllowed(Role.Id.CLIENT)
    public Response respond(byte[] body, @Context RoutingContext http) {
        AuditLog.leaveOut(http);
        ResponsesRequest request = ResponsesRequest.parse(body);
        Conversation conversation = request.conversation(
                request.previous().map(id -> earlier(id, Caller.of(http))).orElse(List.of()));
        return answering.answer(request.model(), http, model -> call(request, conversation, model));
    }

    /** What {@code client} said up to the end of the response {@code id}. */
    private List<Message> earlier(String id, String client) {
        RecentResponses.Response response = responses
                .findWithoutInstructions(id, client)
                .orElseThrow(() -> ApiException.unknownResponse("previous_response_id", id));
        List<Message> messages = new ArrayList<>(response.messages());
        if (!response.answer().isBlank()) {
            messages.add(Conversation.said(Message.Role.ASSISTANT, response.answer(), "previous_response_id"));
        }
        return messages;
    }

    private Answering.Call call(ResponsesRequest request, Conversation asked, LoadedModel model) {
        ContextWindow window = new ContextWindow(model.positions());
        Sampling sampling = request.sampling();
        sampling.requireTokensBelow(model.tokenizer().vocabularySize());
        Grounding.Grounded grounded = grounding.ground(request.retrieval(), asked, "input", model, request.maxTokens());
        Conversation conversation = grounded.conversation();
        int[] prompt = grounded.prompt().prompt("input", model.tokenizer(), window);
        int most = window.answer(prompt.length, request.maxTokens(), config.defaultMaxTokens());
        Optional<ToolCalls> calls = conversation.calls(model.tokenizer());
        BitSet shown = calls.map(some -> some.shown(model.tokenizer())).orElseGet(BitSet::new);
        Optional<Supplier<TokenConstraint>> constraint = calls.flatMap(
                        some -> some.constraint(constraints, model.tokenizer()))
                .or(() -> request.format().constraint(constraints, model.tokenizer()));
        Asked answer = new Asked(prompt, sampling.decoding(0, most, shown, constraint));
        return new Answering.Call(
                List.of(answer),
                new ResponseJson(model, prompt.length, request, calls, grounded.sources()),
                Optional.of(conversation).filter(talk -> talk.tools().isEmpty()),
                grounded.added() + (request.instructions().isPresent() ? 1 : 0),
                grounded.sources().isPresent(),
                request.stream());
    }
}
