package io.alignstream.reward;

import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.dataset.RankedAnswers;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run may look at: all that was ranked, without what is held out for the gate. That is neither learned nor measured
 * by, whoever published it and under whatever id.
 *
 * @param requests in the order in which they were asked
 * @param leftOut ranked requests that ask what a prompt for the gate asks
 */
record LearnableRankings(List<RankedAnswers> requests, int leftOut) {

    private static final Logger LOG = LoggerFactory.getLogger(LearnableRankings.class);

    /** Takes what asks none of those of {@code prompts} that are for the gate. */
    static LearnableRankings of(
            Tokenizer tokenizer,
            Collection<RankingRequest> requests,
            Collection<Ranking> rankings,
            Collection<Prompt> prompts) {
        GatePrompts gate = GatePrompts.of(prompts);
        List<RankingRequest> allowed = requests.stream()
                .filter(request -> !gate.areAskedBy(request.messages()))
                .toList();
        List<RankedAnswers> learnable = RankedAnswers.of(tokenizer, allowed, rankings);
        int leftOut = RankedAnswers.of(tokenizer, requests, rankings).size() - learnable.size();
        if (leftOut > 0) {
            LOG.atWarn()
                    .addKeyValue("requests", leftOut)
                    .log("Left out ranked requests that ask what is held out for the gate");
        }
        return new LearnableRankings(learnable, leftOut);
    }
}
