package io.alignstream.inference.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.Receipts;
import io.alignstream.inference.RecentResponses;
import io.alignstream.inference.Releases;
import io.alignstream.inference.ServedModel;
import io.alignstream.inference.generation.Decoding;
import io.alignstream.inference.generation.Generation;
import io.alignstream.inference.generation.Generations;
import io.alignstream.inference.generation.OverloadException;
import io.alignstream.inference.openai.answer.AnswerJson;
import io.alignstream.inference.openai.answer.Answered;
import io.alignstream.inference.openai.request.ApiException;
import io.alignstream.inference.openai.request.Conversation;
import io.alignstream.languagemodel.generation.SampledToken;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.tracing.Tracing;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Lets the served model write the answers of one call, and sends them at once or as a stream; thread-safe. What is asked is a
 * number of prompts, however a kind of call came to them.
 */
@ApplicationScoped
public class Answering {

    /** What has brought the release that answers; the request's own trace stands in {@code traceresponse}. */
    private static final String RELEASE_TRACE = "X-Release-Traceparent";

    private static final String EVENT_STREAM = "text/event-stream;charset=UTF-8";
    private static final Duration LOOK_AFTER_CLIENT = Duration.ofMillis(250);
    /** Of several answers no one is waited for long, as another may have gone on. */
    private static final Duration LOOK_AFTER_OTHERS = Duration.ofMillis(5);

    private final InferenceConfig config;
    private final ServedModel served;
    private final Releases releases;
    private final Generations generations;
    private final RecentResponses responses;
    private final Receipts receipts;
    private final Shadowing shadowing;
    private final ObjectMapper json;

    Answering(
            InferenceConfig config,
            ServedModel served,
            Releases releases,
            Generations generations,
            RecentResponses responses,
            Receipts receipts,
            Shadowing shadowing,
            ObjectMapper json) {
        this.config = config;
        this.served = served;
        this.releases = releases;
        this.generations = generations;
        this.responses = responses;
        this.receipts = receipts;
        this.shadowing = shadowing;
        this.json = json;
    }

    /**
     * One answer to be written.
     *
     * @param prompt token ids after which it begins
     */
    record Asked(int[] prompt, Decoding decoding) {}

    /**
     * What one call wants.
     *
     * @param conversation what feedback on the answer is about; empty where there can be none
     * @param instructions how many of the conversation's first messages are for this answer alone
     * @param grounded whether what is asked holds what a search has found, which another search need not find
     * @param stream whether the answer is sent piece by piece
     */
    record Call(
            List<Asked> asked,
            AnswerJson json,
            Optional<Conversation> conversation,
            int instructions,
            boolean grounded,
            boolean stream) {}

    /** Answers {@code call}, which is made for the model in service. */
    Response answer(String model, RoutingContext http, Function<LoadedModel, Call> call) {
        String client = Caller.of(http);
        LoadedModel share = model(model, client);
        Call wanted;
        List<Generation> answers;
        // Admitted before anything is made for it: of a large schema a machine is made, which nobody may need.
        try (Generations.Prepared ignored = generations.prepare(client, share)) {
            wanted = call.apply(share);
            answers = start(client, share, wanted.asked());
        } catch (OverloadException e) {
            throw ApiException.busy(e.retryAfter());
        } finally {
            share.giveBack();
        }
        // However the call ends: nobody reads them then. Complete ones do not mind.
        http.addEndHandler(ended -> answers.forEach(Generation::cancel));
        Writing writing = new Writing(wanted, call, answers, share.sha256(), http);
        Response.ResponseBuilder response = wanted.stream()
                ? Response.ok((StreamingOutput) writing::stream)
                        .type(EVENT_STREAM)
                        .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                : Response.ok(wanted.json().whole(writing.whole())).type(MediaType.APPLICATION_JSON_TYPE);
        releases.trace(share.sha256()).ifPresent(trace -> {
            Tracing.linkTo(trace);
            response.header(RELEASE_TRACE, trace.text());
        });
        return response.header("X-Model-Sha256", share.sha256())
                .header("X-Response-Id", wanted.json().id())
                .build();
    }

    /** A share of the model that {@code name} stands for, to be given back; the same one whoever asks. */
    LoadedModel model(String name) {
        return model(name, "");
    }

    private LoadedModel model(String name, String client) {
        return served.share(name, client).orElseThrow(() -> {
            Set<String> names = served.names().keySet();
            return names.isEmpty()
                    ? ApiException.noModel(config.model())
                    : ApiException.unknownModel(name, String.join(", ", names));
        });
    }

    /** All or none: who gets a part of the answers has to ask again anyway. */
    private List<Generation> start(String client, LoadedModel model, List<Asked> asked) {
        List<Generation> started = new ArrayList<>();
        try {
            for (Asked one : asked) {
                started.add(generations.start(client, model.share(), one.prompt(), one.decoding(), started.size()));
            }
            return started;
        } catch (RuntimeException e) {
            started.forEach(Generation::cancel);
            throw e;
        }
    }

    /** The answers of one call on their way to its client; for one thread. */
    private final class Writing {

        private final Call call;
        private final Function<LoadedModel, Call> again;
        private final List<Generation> answers;
        private final String sha256;
        private final String asker;
        private final HttpServerResponse client;
        private final SlowReader reader;

        /** @param again makes the same call for another model */
        Writing(
                Call call,
                Function<LoadedModel, Call> again,
                List<Generation> answers,
                String sha256,
                RoutingContext http) {
            this.call = call;
            this.again = again;
            this.answers = answers;
            this.sha256 = sha256;
            this.asker = Caller.of(http);
            this.client = http.response();
            this.reader = new SlowReader(http, config.writeTimeout());
        }

        List<Answered> whole() {
            try {
                return answered(new Listener() {});
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw ApiException.failed();
            } finally {
                answers.forEach(Generation::cancel);
            }
        }

        void stream(OutputStream out) throws IOException {
            Events events = new Events(reader.guarding(out), answers);
            AnswerJson answer = call.json();
            try {
                events.send(answer.opening());
                List<Answered> all = answered(new Listener() {

                    @Override
                    public void piece(int choice, Generation.Piece piece) {
                        events.send(answer.piece(choice, piece));
                    }

                    @Override
                    public void end(int choice, Answered answered) {
                        events.send(answer.closing(choice, answered));
                    }
                });
                events.send(answer.end(all));
            } catch (ApiException e) {
                events.send(answer.failure(e, text(e)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while streaming an answer", e);
            } finally {
                answers.forEach(Generation::cancel);
            }
        }

        private String text(ApiException refused) {
            try {
                return json.writeValueAsString(refused.body());
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("cannot write an error as JSON", e);
            }
        }

        /**
         * Hands the pieces on until all answers are complete, and remembers the first: feedback is welcome on a stopped one, too.
         *
         * <p>Looks after the client itself: the one place for a close handler is taken by the response's stream.
         */
        private List<Answered> answered(Listener listener) throws InterruptedException {
            List<List<SampledToken>> tokens = new ArrayList<>();
            List<@Nullable Answered> complete = new ArrayList<>();
            for (int i = 0; i < answers.size(); i++) {
                tokens.add(new ArrayList<>());
                complete.add(null);
            }
            Duration patience = answers.size() == 1 ? LOOK_AFTER_CLIENT : LOOK_AFTER_OTHERS;
            while (complete.contains(null)) {
                if (client.closed()) {
                    answers.forEach(Generation::cancel);
                }
                boolean waited = false;
                for (int i = 0; i < answers.size(); i++) {
                    if (complete.get(i) != null) {
                        continue;
                    }
                    Duration moment = waited ? Duration.ZERO : patience;
                    waited = true;
                    switch (answers.get(i).poll(moment).orElse(null)) {
                        case null -> {} // not yet
                        case Generation.Piece piece -> {
                            tokens.get(i).addAll(piece.tokens());
                            listener.piece(i, piece);
                        }
                        case Generation.End end -> {
                            Answered answered = new Answered(end, tokens.get(i), receipt(i, end));
                            complete.set(i, answered);
                            listener.end(i, answered);
                        }
                        case Generation.Failed failed -> throw refusal(failed.cause());
                    }
                }
            }
            return complete.stream().flatMap(Stream::ofNullable).toList();
        }

        /** Any of the answers may be thought about with its receipt, the first one without, too. */
        private Optional<String> receipt(int choice, Generation.End end) {
            if (call.conversation().isEmpty()) {
                return Optional.empty();
            }
            Conversation asked = call.conversation().get();
            RecentResponses.Response response = new RecentResponses.Response(
                    asked.messages(), asked.begun() + end.text(), end.reason() != Generation.Reason.STOP, sha256);
            if (choice == 0) {
                responses.remember(call.json().id(), asker, response, call.instructions());
                if (end.reason() != Generation.Reason.CANCELLED && !call.grounded()) {
                    Function<LoadedModel, Call> same = again; // and nothing else of this
                    shadowing.offer(call.json().id(), response, asked.begun(), model -> same.apply(model)
                            .asked()
                            .getFirst());
                }
            }
            return receipts.of(call.json().id(), response);
        }
    }

    /** Hears of each answer's pieces and of its end. */
    private interface Listener {

        default void piece(int choice, Generation.Piece piece) {}

        default void end(int choice, Answered answered) {}
    }

    private static ApiException refusal(Throwable cause) {
        return switch (cause) {
            case TimeoutException timeout -> ApiException.timedOut();
            case OverloadException displaced -> ApiException.busy(displaced.retryAfter());
            default -> ApiException.failed();
        };
    }

    /** The other end of a stream; once it has left, nothing more is sent and the answers are cancelled. */
    private static final class Events {

        private final OutputStream out;
        private final List<Generation> answers;
        private boolean left;

        Events(OutputStream out, List<Generation> answers) {
            this.out = out;
            this.answers = answers;
        }

        void send(List<AnswerJson.Event> events) {
            events.forEach(this::send);
        }

        private void send(AnswerJson.Event event) {
            if (left) {
                return;
            }
            try {
                String name = event.name().map(text -> "event: " + text + "\n").orElse("");
                out.write((name + "data: " + event.data() + "\n\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException e) {
                left = true;
                answers.forEach(Generation::cancel);
            }
        }
    }
}
