package io.alignstream.inference.generation;

import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.generation.Writing.Finish;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.NotFiniteException;
import io.alignstream.languagemodel.generation.SampledToken;
import io.alignstream.languagemodel.generation.Text;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
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
        while (waiting.await(writing.isEmpty())) {
            dropInterrupted();
            letIn();
            write();
        }
        List.copyOf(writing.keySet()).forEach(text -> fail(text, new IllegalStateException("the service is stopping")));
    }

    /** A token more of every answer; how long that takes is each model's pace. */
    private void write() {
        int answers = writing.size();
        SequencedSet<LoadedModel> models = models();
        long begun = System.nanoTime();
        models.forEach(this::step);
        double seconds = (System.nanoTime() - begun) * 1e-9;
        models.forEach(model -> model.pace().step(answers, seconds));
    }

    /** Answers that are being written. */
    int active() {
        return writing.size();
    }

    private void dropInterrupted() {
        waiting.dropInterrupted();
        for (Text text : List.copyOf(writing.keySet())) {
            request(text).generation().interruption().ifPresent(finish -> end(text, finish));
        }
    }

    private void letIn() {
        while (writing.size() < most) {
            Optional<Request> next = waiting.next();
            if (next.isEmpty()) {
                return;
            }
            Request request = next.get();
            try {
                Optional<Text> text = begin(request);
                if (text.isEmpty()) {
                    waiting.putBack(request);
                    return;
                }
                writing.put(text.get(), request);
            } catch (RuntimeException e) {
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
            if (!writing.containsKey(one.text())) {
                continue; // it was over with the token before, which came in the same step
            }
            if (one.token().isFinite()) {
                take(one.text(), one.token());
            } else {
                LOG.errorf("No answer from model %s: its probabilities are no numbers", model.sha256());
                fail(one.text(), new NotFiniteException());
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
            request(text).writing().take(token).ifPresent(finish -> end(text, finish));
        } catch (RuntimeException e) {
            LOG.errorf(e, "An answer cannot go on");
            fail(text, e);
        }
    }

    private Request request(Text text) {
        Request request = writing.get(text);
        if (request == null) {
            throw new IllegalStateException("a text that nobody asked for");
        }
        return request;
    }

    private void end(Text text, Finish finish) {
        Request request = leave(text);
        request.writing().end();
        request.over(finish);
    }

    private void fail(Text text, Throwable cause) {
        leave(text).failed(cause);
    }

    private Request leave(Text text) {
        Request request = request(text);
        writing.remove(text);
        request.generation().model().engine().end(text);
        return request;
    }
}
