package io.alignstream.inference;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.TextRequest;
import io.alignstream.languagemodel.generation.TokenSampler;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import java.util.List;
import java.util.Optional;

/**
 * Questions that every release answers before a user asks it one: a model that cannot answer fails here. They warm it up and
 * show its pace, too.
 */
final class ModelCheck {

    /** The first one is the shortest. */
    private static final List<String> QUESTIONS =
            List.of("Hi", "What is the capital of China?", "请用一句话介绍成都。", "Count from one to ten.");

    private static final int TOKENS = 16;
    /** Of each number of answers. */
    private static final int STEPS = 8;

    private final LoadedModel model;
    private boolean finite = true;
    private int textTokens;

    private ModelCheck(LoadedModel model) {
        this.model = model;
    }

    /** What is wrong with {@code model}, which nobody else uses yet; empty if it may answer. */
    static Optional<Reason> fault(LoadedModel model) {
        return new ModelCheck(model).fault();
    }

    private Optional<Reason> fault() {
        if (room(QUESTIONS.getFirst()) < 1) {
            return Optional.of(Reason.of("inference.tooShort").with("positions", model.positions()));
        }
        QUESTIONS.stream().filter(question -> room(question) >= 1).forEach(this::answer);
        if (!finite) {
            return Optional.of(Reason.of("inference.notFinite"));
        }
        if (textTokens == 0) {
            return Optional.of(Reason.of("inference.silent").with("questions", QUESTIONS.size()));
        }
        compareCompanies();
        return Optional.empty();
    }

    private int[] prompt(String question) {
        return ChatTemplate.prompt(model.tokenizer(), List.of(Message.user(question)));
    }

    private int room(String question) {
        return model.positions() - prompt(question).length;
    }

    private void answer(String question) {
        begin(question, TOKENS);
        write();
    }

    /** One, two, four, … answers at once: what company costs, measured at one time. */
    private void compareCompanies() {
        int places = model.places();
        for (int answers = 1; answers < 2 * places; answers *= 2) {
            for (int i = 0; i < Math.min(answers, places); i++) {
                begin(QUESTIONS.getFirst(), STEPS);
            }
            write();
        }
    }

    /** Where there is no room for one more, it is left out. */
    private void begin(String question, int tokens) {
        int length = Math.min(tokens, room(question));
        model.engine().start(new TextRequest(prompt(question), length, TokenSampler.atTemperature(0), () -> 0));
    }

    private void write() {
        Engine engine = model.engine();
        while (engine.active() > 0) {
            int answers = engine.active();
            boolean reading = engine.readsPrompts();
            long begun = System.nanoTime();
            List<Engine.Written> written = engine.step();
            double seconds = (System.nanoTime() - begun) * 1e-9;
            model.pace().step(seconds);
            if (!reading) {
                model.pace().inCompany(answers, seconds);
            }
            written.forEach(this::take);
        }
    }

    private void take(Engine.Written written) {
        int id = written.token().id();
        boolean number = written.token().isFinite();
        finite &= number;
        if (number && model.tokenizer().byteLength(id) > 0) {
            textTokens++;
        } else {
            model.engine().end(written.text());
        }
    }
}
