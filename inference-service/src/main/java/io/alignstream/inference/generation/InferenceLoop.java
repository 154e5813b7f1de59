package io.alignstream.inference.generation;

import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.generation.Writing.Finish;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.NotFiniteException;
import io.alignstream.languagemodel.generation.SampledToken;
import io.alignstream.languagemodel.generation.Text;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.jboss.logging.Logger;

/**
 * Writes answers: lets in what waits as far as there is room, drops what nobody wants any more, writes one token of each.
 *
 * <p>One thread for all models in service, as each engine's step uses all processors. The same model, prompt and decoding
 * give the same answer, whatever else is being written. An answer keeps the model that it began with.
 */
final class InferenceLoop implements Runnable {

    private static final Logger LOG = Logger.getLogger(InferenceLoop.class);

    private final WaitingRequests waiting;
    private final int most;
    private final Map<Text, Request> writing = new LinkedHashMap<>();

    /** A request and what becomes of it. */
    interface Request {

        /** What is asked. */
        Generation generation();

        /** The answer, once it is begun. */
        Writing writing();

        /** Its turn has come; so many tokens of its prompt need not be computed. */
        default void begun(int reused) {}

        /** It is over. */
        void over(Finish finish);

        /** It cannot be completed. */
        void failed(Throwable cause);
    }

    /** A loop that writes {@code most} answers at once. */
    InferenceLoop(WaitingRequests waiting, int most) {
        this.waiting = waiting;
        this.most = most;
    }

    @Override
    public void run() {
        try {
            while (waiting.await(writing.isEmpty())) {
                turn();
            }
        } finally {
            IllegalStateException stopping = new IllegalStateException("the service is stopping");
            waiting.close().forEach(request -> request.failed(stopping));
            failAll(stopping);
        }
    }

    /** Whatever goes wrong ends the answers that are being written, never the thread: others wait for it. */
    private void turn() {
        try {
            dropInterrupted();
            letIn();
            write();
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "No answers at all");
            failAll(e);
        }
    }

    /** A token more of every answer; how long that takes is each model's pace. */
    private void write() {
        SequencedSet<LoadedModel> models = models();
        int answers = writing.size();
        boolean tells = models.size() == 1 && !models.getFirst().engine().readsPrompts();
        long begun = System.nanoTime();
        models.forEach(this::step);
        double seconds = (System.nanoTime() - begun) * 1e-9;
        models.forEach(model -> model.pace().step(seconds));
        if (tells) {
            models.getFirst().pace().inCompany(answers, seconds);
        }
    }

    /** Answers that are being written. */
    int active() {
        return writing.size();
    }

    private void dropInterrupted() {
        waiting.dropInterrupted();
        for (Text text : List.copyOf(writing.keySet())) {
            Request request = writing.get(text);
            if (request != null) {
                request.generation().interruption().ifPresent(finish -> end(text, finish));
            }
        }
    }

    /** A model whose room is taken up lets its next request wait, and with it all others for it, but none for another model. */
    private void letIn() {
        Set<LoadedModel> full = new HashSet<>();
        while (writing.size() < most) {
            Optional<Request> next = waiting.next(full);
            if (next.isEmpty()) {
                return;
            }
            Request request = next.get();
            try {
                Optional<Text> text = begin(request);
                if (text.isEmpty()) {
                    if (!waiting.putBack(request)) {
                        request.failed(new IllegalStateException("the service is stopping"));
                    }
                    full.add(request.generation().model());
                    continue;
                }
                writing.put(text.get(), request);
                request.begun(text.get().reused());
            } catch (RuntimeException | Error e) {
                LOG.errorf(
                        e,
                        "No answer from model %s",
                        request.generation().model().sha256());
                request.failed(e);
            }
        }
    }

    private static Optional<Text> begin(Request request) {
        Generation generation = request.generation();
        SplittableRandom random = new SplittableRandom(generation.decoding().seed());
        return generation
                .model()
                .engine()
                .start(generation.decoding().request(generation.prompt(), random::nextDouble));
    }

    private SequencedSet<LoadedModel> models() {
        SequencedSet<LoadedModel> models = new LinkedHashSet<>();
        writing.values().forEach(request -> models.add(request.generation().model()));
        return models;
    }

    private void step(LoadedModel model) {
        List<Engine.Written> written;
        try {
            written = model.engine().step();
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "No answers from model %s", model.sha256());
            texts(model).forEach(text -> fail(text, e));
            return;
        }
        for (Engine.Written one : written) {
            if (one.token().isFinite()) {
                take(one.text(), one.token());
            } else {
                Throwable cause = one.text().failure().orElseGet(NotFiniteException::new);
                LOG.errorf(cause, "No answer from model %s", model.sha256());
                fail(one.text(), cause);
            }
        }
    }

    private List<Text> texts(LoadedModel model) {
        List<Text> texts = new ArrayList<>();
        for (Iterator<Map.Entry<Text, Request>> all = writing.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Text, Request> one = all.next();
            if (one.getValue().generation().model() == model) {
                texts.add(one.getKey());
            }
        }
        return texts;
    }

    private void take(Text text, SampledToken token) {
        try {
            Request request = writing.get(text);
            if (request != null) { // else it was over with the token before, which came in the same step
                request.writing().take(token).ifPresent(finish -> end(text, finish));
            }
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "An answer cannot go on");
            fail(text, e);
        }
    }

    private void end(Text text, Finish finish) {
        leave(text).ifPresent(request -> {
            request.writing().end();
            request.over(finish);
        });
    }

    private void fail(Text text, Throwable cause) {
        leave(text).ifPresent(request -> request.failed(cause));
    }

    private void failAll(Throwable cause) {
        for (Text text : List.copyOf(writing.keySet())) {
            try {
                fail(text, cause);
            } catch (RuntimeException | Error e) {
                LOG.errorf(e, "An answer does not end as it should");
            }
        }
    }

    /** Empty if it has left already. */
    private Optional<Request> leave(Text text) {
        Request request = writing.remove(text);
        if (request != null) {
            request.generation().model().engine().end(text);
        }
        return Optional.ofNullable(request);
    }
}
