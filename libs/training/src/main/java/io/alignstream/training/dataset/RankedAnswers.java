package io.alignstream.training.dataset;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A ranking request with what its annotators said, as token ids and preference pairs; what a reward model learns from, or
 * a policy directly. Immutable, but for the arrays of ids.
 *
 * @param place of the prompt, for the held-out split; below 0 if a person has held it out
 * @param criterion what the answers are ranked by; empty if nothing particular
 * @param prompt token ids up to the assistant's token
 * @param answers K rows of prompt and answer ids, with the end of turn unless the answer was cut off; learned is the answer
 * @param pairs every pair of answers of every annotator; the weights sum to 1, so that one request counts once
 */
public record RankedAnswers(
        double place, String criterion, int[] prompt, List<Conversation> answers, List<PreferencePair> pairs) {

    public RankedAnswers {
        answers = List.copyOf(answers);
        pairs = List.copyOf(pairs);
    }

    /** Ranked by nothing particular. */
    public RankedAnswers(double place, int[] prompt, List<Conversation> answers, List<PreferencePair> pairs) {
        this(place, "", prompt, answers, pairs);
    }

    /**
     * The ranked ones of {@code requests}, in their order, each with its rankings in theirs. Abstentions count for nothing;
     * gold requests judge the annotators and teach nothing.
     *
     * @param longest tokens that a prompt with its answer may have
     * @param setAside counts rankings: those of a request that is not there, or of another number of answers than it has, and
     *     of what is longer or refused by the model's chat template, are left out
     */
    public static List<RankedAnswers> of(
            Tokenizer tokenizer,
            Collection<RankingRequest> requests,
            Collection<Ranking> rankings,
            int longest,
            SetAside setAside) {
        Map<String, List<Ranking>> byRequest = new LinkedHashMap<>();
        rankings.stream().filter(ranking -> ranking.abstention() == null).forEach(ranking -> byRequest
                .computeIfAbsent(ranking.requestId(), first -> new ArrayList<>())
                .add(ranking));
        List<RankedAnswers> ranked = new ArrayList<>();
        for (RankingRequest request : requests) {
            List<Ranking> said = byRequest.remove(request.requestId());
            if (said != null && request.goldOrder().isEmpty()) {
                List<Ranking> fitting = fitting(request, said, setAside);
                if (!fitting.isEmpty()) {
                    add(ranked, tokenizer, request, fitting, longest, setAside);
                }
            }
        }
        byRequest.values().stream()
                .flatMap(List::stream)
                .forEach(lone -> setAside.add(SetAside.Cause.RANKING_WITHOUT_REQUEST, lone));
        return ranked;
    }

    private static List<Ranking> fitting(RankingRequest request, List<Ranking> said, SetAside setAside) {
        List<Ranking> fitting = new ArrayList<>();
        for (Ranking ranking : said) {
            if (ranking.answerCount() == request.answers().size()) {
                fitting.add(ranking);
            } else {
                setAside.add(SetAside.Cause.RANKING_OF_OTHER_ANSWERS, ranking);
            }
        }
        return fitting;
    }

    private static void add(
            List<RankedAnswers> ranked,
            Tokenizer tokenizer,
            RankingRequest request,
            List<Ranking> rankings,
            int longest,
            SetAside setAside) {
        RankedAnswers answers;
        try {
            answers = of(tokenizer, request, rankings);
        } catch (InvalidInputException e) {
            setAside.addRefused(SetAside.Cause.RANKING_REFUSED, rankings.size(), request.requestId(), e.reason());
            return;
        }
        if (answers.longest() > longest) {
            rankings.forEach(ranking -> setAside.addTooLong(
                    SetAside.Cause.RANKING_TOO_LONG, request.requestId(), answers.longest(), longest));
            return;
        }
        setAside.take(SetAside.Kind.RANKING, rankings.size());
        ranked.add(answers);
    }

    /** The request with its rankings, one or more, each of as many answers as the request has. */
    static RankedAnswers of(Tokenizer tokenizer, RankingRequest request, List<Ranking> rankings) {
        int k = request.answers().size();
        double weight = 2.0 / (k * (k - 1.0) * rankings.size());
        List<PreferencePair> pairs = new ArrayList<>();
        rankings.forEach(ranking -> addPairs(pairs, ranking, weight));
        return new RankedAnswers(
                HeldOut.isTagged(request.tags()) ? -1 : HeldOut.place(request.messages()),
                request.criterion(),
                ChatTemplate.prompt(tokenizer, request.messages()),
                IntStream.range(0, k)
                        .mapToObj(answer -> answered(
                                tokenizer,
                                request.messages(),
                                request.answers().get(answer),
                                request.isTruncated(answer)))
                        .toList(),
                pairs);
    }

    /**
     * An answer as it is judged, after its prompt. One that was cut off has no end: it is judged as what it is, and nobody learns
     * to stop there. An empty one is its end.
     */
    public static Conversation answered(Tokenizer tokenizer, List<Message> messages, String answer, boolean truncated) {
        Conversation complete = ChatTemplate.conversation(tokenizer, messages, answer);
        if (!truncated || answer.isEmpty()) {
            return complete;
        }
        int length = complete.length() - 1;
        return new Conversation(Arrays.copyOf(complete.ids(), length), Arrays.copyOf(complete.learned(), length));
    }

    private static void addPairs(List<PreferencePair> pairs, Ranking ranking, double weight) {
        for (int group = 0; group < ranking.order().size(); group++) {
            List<Integer> equals = ranking.order().get(group);
            for (int i = 0; i < equals.size(); i++) {
                int better = equals.get(i);
                equals.subList(i + 1, equals.size())
                        .forEach(tied -> pairs.add(new PreferencePair(better, tied, 0, weight, true)));
                ranking.order().subList(group + 1, ranking.order().size()).stream()
                        .flatMap(List::stream)
                        .forEach(worse -> pairs.add(new PreferencePair(
                                better, worse, gap(ranking.scores(), better, worse), weight, false)));
            }
        }
    }

    /** Scores that contradict the order give no margin: the order is what the annotator decided last. */
    private static double gap(List<Double> scores, int better, int worse) {
        return scores.isEmpty() ? 0 : Math.max(0, scores.get(better) - scores.get(worse));
    }

    /** Tokens of the longest row. */
    public int longest() {
        return answers.stream().mapToInt(Conversation::length).max().orElse(0);
    }

    /**
     * The places below which nothing but a judge learns: what is held out, and the judge's share of the others.
     *
     * @param heldOutShare of all
     * @param judgeShare of those that are not held out
     */
    public static double judgeBelow(double heldOutShare, double judgeShare) {
        return heldOutShare + (1 - heldOutShare) * judgeShare;
    }

    /** Whether a person has held the prompt out, or it belongs to the held-out {@code share}, 0 to 1. */
    public boolean heldOut(double share) {
        return place < share;
    }
}
