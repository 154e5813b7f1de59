package io.alignstream.reward;

import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.dataset.SetAside;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
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

    /**
     * Takes what asks none of those of {@code prompts} that are for the gate.
     *
     * @param longest tokens that a prompt with its answer may have
     * @param setAside counts the other rankings
     */
    static LearnableRankings of(
            Tokenizer tokenizer,
            Collection<RankingRequest> requests,
            Collection<Ranking> rankings,
            Collection<Prompt> prompts,
            int longest,
            SetAside setAside) {
        GatePrompts gate = GatePrompts.of(prompts);
        Set<String> held = requests.stream()
                .filter(request -> gate.areAskedBy(request.messages()))
                .map(RankingRequest::requestId)
                .collect(Collectors.toSet());
        List<Ranking> allowed = rankings.stream()
                .filter(ranking -> !held.contains(ranking.requestId()))
                .toList();
        List<RankedAnswers> learnable = RankedAnswers.of(tokenizer, requests, allowed, longest, setAside);
        Set<String> ranked = rankings.stream()
                .filter(ranking -> ranking.abstention() == null)
                .map(Ranking::requestId)
                .collect(Collectors.toSet());
        int leftOut = (int) requests.stream()
                .filter(request -> request.goldOrder().isEmpty())
                .map(RankingRequest::requestId)
                .filter(id -> held.contains(id) && ranked.contains(id))
                .count();
        if (leftOut > 0) {
            LOG.atWarn()
                    .addKeyValue("requests", leftOut)
                    .log("Left out ranked requests that ask what is held out for the gate");
        }
        return new LearnableRankings(learnable, leftOut);
    }
}
