package io.alignstream.inference.explorer;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.insight.PronounSentence;
import io.alignstream.languagemodel.insight.TextTokens;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.Response.Status;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Measures for each head in how many sentences it takes more for a pronoun from the noun that it stands for; thread-safe.
 *
 * <p>Sentence by sentence in the background, so that other questions are answered in between. What was measured of a model
 * is remembered: it does not change. All sentences are shown to the model that was asked for first, whatever is served later.
 */
@ApplicationScoped
public class PronounMeasure {

    private static final Logger LOG = Logger.getLogger(PronounMeasure.class);
    private static final int REMEMBERED = 16;
    private static final long PAUSE_MILLISECONDS = 200;
    /** No caller is called so. */
    private static final String NOBODY = "";

    private final ExplorerModels models;
    private final Map<Key, State> measured = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, State> eldest) {
            return size() > REMEMBERED;
        }
    };

    PronounMeasure(ExplorerModels models) {
        this.models = models;
    }

    private record Key(String sha256, String language) {}

    /** How far a measurement is. */
    enum Progress {
        NONE,
        RUNNING,
        DONE,
        FAILED
    }

    /**
     * What is measured so far.
     *
     * @param done sentences of {@code sentences} that were looked at
     * @param solved {@code [layers][heads]}: in how many of them the head takes more from the right noun; empty before the
     *     first one
     * @param problem why it failed
     */
    record State(
            Version version,
            String language,
            Progress progress,
            int done,
            List<PronounSentence> sentences,
            int[][] solved,
            @Nullable Reason problem) {

        State with(Progress next, @Nullable Reason why) {
            return new State(version, language, next, done, sentences, solved, why);
        }

        /** With one sentence more. */
        State and(boolean[][] heads) {
            int[][] sum = new int[heads.length][heads[0].length];
            for (int layer = 0; layer < sum.length; layer++) {
                for (int head = 0; head < sum[layer].length; head++) {
                    sum[layer][head] = (done == 0 ? 0 : solved[layer][head]) + (heads[layer][head] ? 1 : 0);
                }
            }
            return new State(version, language, progress, done + 1, sentences, sum, null);
        }
    }

    /** How far it is; begins it, or begins it again where it failed, if {@code begin}. */
    State state(Version version, String language, boolean begin) {
        if (!PronounSentence.LANGUAGES.contains(language)) {
            throw new ExplorerException(
                    Status.BAD_REQUEST, Reason.of("explorer.unknownSet").with("language", Questions.cut(language)));
        }
        ExplorerModels.Found found = models.versions().get(version);
        if (found == null) {
            throw new ExplorerException(
                    Status.NOT_FOUND, Reason.of("explorer.noVersion").with("version", version.id()));
        }
        Key key = new Key(found.reference().sha256(), language);
        synchronized (measured) {
            State known = measured.get(key);
            boolean begins = begin && (known == null || known.progress() == Progress.FAILED);
            if (!begins) {
                return known == null ? none(version, language) : known;
            }
            State begun = none(version, language).with(Progress.RUNNING, null);
            measured.put(key, begun);
            Thread.ofVirtual().name("pronouns").start(() -> measure(key, found.reference(), begun));
            return begun;
        }
    }

    private static State none(Version version, String language) {
        return new State(version, language, Progress.NONE, 0, PronounSentence.set(language), new int[0][], null);
    }

    private void measure(Key key, Reference reference, State begun) {
        State state = begun;
        try {
            for (PronounSentence sentence : begun.sentences()) {
                state = state.and(solved(begun.version(), reference, sentence));
                put(key, state);
            }
            put(key, state.with(Progress.DONE, null));
        } catch (RuntimeException e) {
            LOG.warnf(
                    e,
                    "Pronouns of the %s model cannot be measured",
                    begun.version().id());
            Reason why = e instanceof Explained explained ? explained.reason() : Reason.of("explorer.failed");
            put(key, state.with(Progress.FAILED, why));
        }
    }

    private void put(Key key, State state) {
        synchronized (measured) {
            measured.put(key, state);
        }
    }

    /** Waits while too many others ask: they look at a page, this does not. */
    private boolean[][] solved(Version version, Reference reference, PronounSentence sentence) {
        while (true) {
            try {
                return models.ask(NOBODY, version, reference, model -> {
                    TextTokens tokens = Answers.tokens(model, sentence.text());
                    return sentence.solved(tokens, Answers.inspected(model, tokens.ids()));
                });
            } catch (ExplorerException e) {
                if (e.status() != Status.TOO_MANY_REQUESTS) {
                    throw e;
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
