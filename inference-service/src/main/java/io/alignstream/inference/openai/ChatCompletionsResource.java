package io.alignstream.inference.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.Receipts;
import io.alignstream.inference.RecentResponses;
import io.alignstream.inference.ServedModel;
import io.alignstream.inference.generation.Decoding;
import io.alignstream.inference.generation.Generation;
import io.alignstream.inference.generation.Generations;
import io.alignstream.languagemodel.generation.TokenSampler;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.stageruntime.access.AuditLog;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/chat/completions}, streaming and not. Text that users type never becomes a control token. */
@Path("/v1/chat/completions")
@Consumes(MediaType.APPLICATION_JSON)
public class ChatCompletionsResource {

    private static final String EVENT_STREAM = "text/event-stream;charset=UTF-8";
    /** No token is longer, so a longer text cannot fit and is refused before it is encoded. */
    private static final int MOST_CHARACTERS_PER_TOKEN = 64;

    private static final Duration LOOK_AFTER_CLIENT = Duration.ofMillis(250);

    private final InferenceConfig config;
    private final ServedModel served;
    private final Generations generations;
    private final RecentResponses responses;
    private final Receipts receipts;
    private final ObjectMapper json;

    ChatCompletionsResource(
            InferenceConfig config,
            ServedModel served,
            Generations generations,
            RecentResponses responses,
            Receipts receipts,
            ObjectMapper json) {
        this.config = config;
        this.served = served;
        this.generations = generations;
        this.responses = responses;
        this.receipts = receipts;
        this.json = json;
    }

    @POST
    @RunOnVirtualThread
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @RolesAllowed(Role.Id.CLIENT)
    public Response complete(byte[] body, @Context RoutingContext http) throws InterruptedException {
        AuditLog.leaveOut(http);
        ChatRequest request = ChatRequest.parse(body);
        Generation generation = start(request);
        HttpServerResponse client = http.response();
        SlowReader reader = new SlowReader(http, config.writeTimeout());
        CompletionJson completion = new CompletionJson(generation, request.includeUsage());
        Response.ResponseBuilder response = request.stream()
                ? Response.ok((StreamingOutput)
                                out -> stream(request, generation, client, completion, reader.guarding(out)))
                        .type(EVENT_STREAM)
                        .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                : Response.ok(completion.completion(
                                answered(completion.id(), request, generation, client, piece -> {})))
                        .type(MediaType.APPLICATION_JSON_TYPE);
        return response.header("X-Model-Sha256", generation.model().sha256()).build();
    }

    private Generation start(ChatRequest request) {
        LoadedModel model = served.share().orElseThrow(() -> ApiException.noModel(config.model()));
        int[] prompt;
        Decoding decoding;
        try {
            String name = model.release().model();
            if (!request.model().isEmpty() && !request.model().equals(name)) {
                throw ApiException.unknownModel(request.model(), name);
            }
            prompt = prompt(request, model);
            decoding = decoding(request, model.positions(), prompt.length);
        } catch (RuntimeException e) {
            model.giveBack();
            throw e;
        }
        try {
            return generations.start(model, prompt, decoding);
        } catch (RejectedExecutionException e) {
            throw ApiException.busy();
        }
    }

    private static int[] prompt(ChatRequest request, LoadedModel model) {
        long characters = request.messages().stream()
                .mapToLong(message -> message.content().length())
                .sum();
        int positions = model.positions();
        if (characters > (long) positions * MOST_CHARACTERS_PER_TOKEN) {
            throw ApiException.tooLong(
                    "messages", contextOf(positions, "api.tooManyCharacters").with("characters", characters));
        }
        int[] prompt;
        try {
            prompt = ChatTemplate.prompt(model.tokenizer(), request.messages());
        } catch (InvalidInputException e) {
            throw ApiException.invalid("messages", e.reason());
        }
        if (prompt.length >= positions) {
            throw ApiException.tooLong(
                    "messages", contextOf(positions, "api.tooManyTokens").with("tokens", prompt.length));
        }
        return prompt;
    }

    /** With the context's length in plain digits: there are clients that read it out of the sentence. */
    private static Reason contextOf(int positions, String code) {
        return Reason.of(code).with("positions", Integer.toString(positions));
    }

    private Decoding decoding(ChatRequest request, int positions, int promptTokens) {
        int room = positions - promptTokens;
        long most = request.maxTokens().orElse(Math.min(config.defaultMaxTokens(), room));
        if (most > room) {
            throw ApiException.tooLong(
                    request.maxTokensName(),
                    contextOf(positions, "api.answerTooLong")
                            .with("asked", most)
                            .with("tokens", promptTokens)
                            .with("room", room));
        }
        long seed = request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong());
        TokenSampler sampler = TokenSampler.atTemperature(request.temperature()).withTopP(request.topP());
        return new Decoding(sampler, (int) most, request.stops(), seed);
    }

    private void stream(
            ChatRequest request,
            Generation generation,
            HttpServerResponse client,
            CompletionJson completion,
            OutputStream out)
            throws IOException {
        Events events = new Events(out, generation);
        events.send(completion.opening());
        try {
            Answered answered = answered(
                    completion.id(), request, generation, client, piece -> events.send(completion.piece(piece)));
            events.send(completion.closing(answered));
            if (request.includeUsage()) {
                events.send(completion.figures(answered.end().tokens()));
            }
            events.write("[DONE]");
        } catch (ApiException e) {
            events.send(e.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while streaming an answer", e);
        }
    }

    /**
     * A complete answer.
     *
     * @param receipt with which any instance takes feedback on it
     */
    record Answered(Generation.End end, Optional<String> receipt) {}

    /**
     * Hands the pieces on until the answer is complete, and remembers it: feedback is welcome on a stopped one, too.
     *
     * <p>Looks after the client itself: the one place for a close handler is taken by the response's stream.
     */
    private Answered answered(
            String id, ChatRequest request, Generation generation, HttpServerResponse client, Consumer<String> pieces)
            throws InterruptedException {
        while (true) {
            if (client.closed()) {
                generation.cancel();
            }
            switch (generation.poll(LOOK_AFTER_CLIENT).orElse(null)) {
                case null -> {} // not yet
                case Generation.Piece piece -> {
                    if (!piece.text().isEmpty()) {
                        pieces.accept(piece.text());
                    }
                }
                case Generation.End end -> {
                    RecentResponses.Response response = new RecentResponses.Response(
                            request.messages(),
                            end.text(),
                            end.reason() != Generation.Reason.STOP,
                            generation.model().sha256());
                    responses.remember(id, response);
                    return new Answered(end, receipts.of(id, response));
                }
                case Generation.Failed failed -> throw refusal(failed.cause());
            }
        }
    }

    private static ApiException refusal(Throwable cause) {
        return switch (cause) {
            case TimeoutException timeout -> ApiException.timedOut();
            case RejectedExecutionException displaced -> ApiException.busy();
            default -> ApiException.failed();
        };
    }

    /** The other end of a stream; once it has left, nothing more is sent and the generation is cancelled. */
    private final class Events {

        private final OutputStream out;
        private final Generation generation;
        private @Nullable IOException left;

        Events(OutputStream out, Generation generation) {
            this.out = out;
            this.generation = generation;
        }

        void send(Object data) {
            try {
                write(json.writeValueAsString(data));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("cannot write an event as JSON", e);
            }
        }

        void write(String data) {
            if (left != null) {
                return;
            }
            try {
                out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException e) {
                left = e;
                generation.cancel();
            }
        }
    }
}
