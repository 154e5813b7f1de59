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
        if (finite) {
            answerMany();
        }
        if (!finite) {
            return Optional.of(Reason.of("inference.notFinite"));
        }
        return textTokens == 0
                ? Optional.of(Reason.of("inference.silent").with("questions", QUESTIONS.size()))
                : Optional.empty();
    }

    private int[] prompt(String question) {
        return ChatTemplate.prompt(model.tokenizer(), List.of(Message.user(question)));
    }

    private int room(String question) {
        return model.positions() - prompt(question).length;
    }

    private void answer(String question) {
        begin(question);
        write();
    }

    /** As many answers as it will ever write at once: how fast it is in company. */
    private void answerMany() {
        for (int i = 0; i < model.places() && begin(QUESTIONS.getFirst()); i++) {
            // one more
        }
        write();
    }

    /** False if there is no room for one more. */
    private boolean begin(String question) {
        int length = Math.min(TOKENS, room(question));
        return model.engine()
                .start(new TextRequest(prompt(question), length, TokenSampler.atTemperature(0), () -> 0))
                .isPresent();
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
            if (!reading && !written.isEmpty()) {
                model.pace().inCompany(answers, seconds * answers / written.size());
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
