package io.alignstream.local.input;

import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;

/**
 * One line of a rankings file: what was asked, and one annotator's judgement of it.
 *
 * @param request repeated in the line of every annotator who ranked it
 * @param ranking of that request, naming as many answers as it has
 */
public record RankedAnswers(RankingRequest request, Ranking ranking) {

    public RankedAnswers {
        if (request == null) {
            throw new IllegalArgumentException("request is missing; write {\"request\": {...}, \"ranking\": {...}}");
        }
        if (ranking == null) {
            throw new IllegalArgumentException("ranking is missing; write {\"request\": {...}, \"ranking\": {...}}");
        }
        if (!ranking.requestId().equals(request.requestId())) {
            throw new IllegalArgumentException("the ranking is of request " + ranking.requestId()
                    + " but stands beside request " + request.requestId());
        }
        if (ranking.answerCount() != request.answers().size()) {
            throw new IllegalArgumentException("the ranking orders " + ranking.answerCount()
                    + " answers but the request has " + request.answers().size());
        }
    }
}
