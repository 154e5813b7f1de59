package io.alignstream.inference.openai;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.openai.answer.Sources;
import io.alignstream.inference.openai.request.ApiException;
import io.alignstream.inference.openai.request.ContextWindow;
import io.alignstream.inference.openai.request.Conversation;
import io.alignstream.inference.openai.request.RetrievalRequest;
import io.alignstream.inference.retrieval.FoundPassage;
import io.alignstream.inference.retrieval.GroundedPrompt;
import io.alignstream.inference.retrieval.Language;
import io.alignstream.inference.retrieval.Retrieval;
import io.alignstream.inference.retrieval.RetrievalConfig;
import io.alignstream.inference.retrieval.RetrievalException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Puts passages of documents before a conversation, as far as they fit the model's context; thread-safe. */
@ApplicationScoped
class Grounding {

    /** Part of the context that is left to the answer in any case, if it is to be that long. */
    private static final int FOR_ANSWER = 4;
    /** Tokens that a template may write around one more message. */
    private static final int AROUND_MESSAGE = 16;

    private final InferenceConfig config;
    private final RetrievalConfig otherwise;
    private final Retrieval retrieval;

    Grounding(InferenceConfig config, RetrievalConfig otherwise, Retrieval retrieval) {
        this.config = config;
        this.otherwise = otherwise;
        this.retrieval = retrieval;
    }

    /**
     * A conversation with what was found for it.
     *
     * @param prompt as the model gets it: passages stand right before the question, where small models make most of them
     * @param conversation as it is remembered: with a system message more, so that the question stays what was asked
     * @param added messages before those that were asked with
     * @param sources empty where none were asked for
     */
    record Grounded(Conversation prompt, Conversation conversation, int added, Optional<Sources> sources) {}

    /**
     * Grounds {@code conversation}, the client's {@code field}, if that is asked for.
     *
     * @param maxTokens longest answer, if the client bounds it
     * @throws ApiException if documents are not indexed here, cannot be searched now, or nothing is asked that they can be
     *     searched for
     */
    Grounded ground(
            Optional<RetrievalRequest> asked,
            Conversation conversation,
            String field,
            LoadedModel model,
            OptionalLong maxTokens) {
        if (asked.isEmpty()) {
            return new Grounded(conversation, conversation, 0, Optional.empty());
        }
        String question = conversation
                .question()
                .orElseThrow(() -> ApiException.invalid("retrieval", Reason.of("api.retrievalNeedsQuestion")));
        List<FoundPassage> found = search(question, asked.get());
        List<FoundPassage> fitting = fitting(question, found, conversation, field, model, maxTokens);
        Optional<Sources> sources = Optional.of(new Sources(fitting, found.size() - fitting.size()));
        if (fitting.isEmpty()) {
            return new Grounded(conversation, conversation, 0, sources);
        }
        String passages = text(question, fitting);
        Conversation remembered =
                conversation.after(List.of(Conversation.said(Message.Role.SYSTEM, passages, "retrieval")));
        return new Grounded(
                conversation.tools().isPresent() ? remembered : conversation.asking(passages), remembered, 1, sources);
    }

    /** The passages that go with {@code question}. */
    List<FoundPassage> search(String question, RetrievalRequest asked) {
        if (!retrieval.enabled()) {
            throw ApiException.invalid("retrieval", Reason.of("api.retrievalOff"));
        }
        try {
            return retrieval.search(
                    question,
                    asked.passages().orElse(otherwise.passages()),
                    asked.minimumSimilarity().orElse(otherwise.minimumSimilarity()));
        } catch (RetrievalException e) {
            throw ApiException.notNow(Reason.of("api.retrievalNotNow").with("problem", e.reason()));
        }
    }

    /** One after the other, best first, each that there is still room for. */
    private List<FoundPassage> fitting(
            String question,
            List<FoundPassage> found,
            Conversation conversation,
            String field,
            LoadedModel model,
            OptionalLong maxTokens) {
        int positions = model.positions();
        int bare = conversation.prompt(field, model.tokenizer(), new ContextWindow(positions)).length;
        int answer = (int) Math.min(maxTokens.orElse(config.defaultMaxTokens()), positions / FOR_ANSWER);
        double room =
                Math.min(positions * otherwise.contextShare(), (double) positions - bare - answer - AROUND_MESSAGE);
        List<FoundPassage> fitting = new ArrayList<>();
        for (FoundPassage one : found) {
            fitting.add(one);
            if (model.tokenizer().encode(text(question, fitting)).length > room) {
                fitting.removeLast();
            }
        }
        return fitting;
    }

    private static String text(String question, List<FoundPassage> passages) {
        return GroundedPrompt.of(
                Language.of(question),
                passages.stream().map(FoundPassage::passage).toList());
    }
}
