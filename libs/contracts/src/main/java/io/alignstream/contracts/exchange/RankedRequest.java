package io.alignstream.contracts.exchange;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What was asked, and what one annotator said of it: a line of a rankings file.
 *
 * @param request repeated beside the ranking of every annotator
 * @param ranking of that request; orders as many answers as it has, or none
 */
public record RankedRequest(RankingRequest request, Ranking ranking) {

    public RankedRequest {
        Check.present("request", request);
        Check.present("ranking", ranking);
        if (!ranking.requestId().equals(request.requestId())) {
            throw new InvalidInputException(Reason.of("exchange.otherRequest")
                    .with("ranked", ranking.requestId())
                    .with("request", request.requestId()));
        }
        if (ranking.answerCount() > 0
                && ranking.answerCount() != request.answers().size()) {
            throw new InvalidInputException(Reason.of("poison.otherAnswers")
                    .with("ordered", ranking.answerCount())
                    .with("request", request.requestId())
                    .with("answers", request.answers().size()));
        }
    }

    /**
     * An answer as it was judged.
     *
     * @param score 0 to 5; null without one
     * @param reason may be empty
     */
    public record Judged(String text, @Nullable Double score, String reason) {

        /** An answer of which nobody says more than where it stands. */
        public static Judged of(String text) {
            return new Judged(text, null, "");
        }
    }

    private record Placed(int group, Judged answer) {}

    /**
     * Who says so.
     *
     * @param kind begins the ids of the requests
     * @param tags of the requests
     */
    public record Source(String kind, String annotator, String guidelineVersion, Map<String, String> tags) {

        /** The tags of what others wrote, the same in whatever format: it is the same thing again. */
        static final Map<String, String> IMPORTED = Map.of("source", "import");

        /** A file of others. */
        static Source imported(String annotator) {
            return new Source("import", annotator, "unknown", IMPORTED);
        }
    }

    /**
     * A ranking of answers that came without ids. The request's id is a function of prompt and answers alone, whatever their
     * order: whoever judges the same answers judges the same request, and who changes a judgement replaces it.
     *
     * @param groups best first, the answers of a group are tied
     * @throws InvalidInputException if they make no request or no ranking
     */
    public static RankedRequest of(List<Message> messages, List<List<Judged>> groups, Source source) {
        List<Placed> placed = IntStream.range(0, groups.size())
                .boxed()
                .flatMap(group -> groups.get(group).stream().map(answer -> new Placed(group, answer)))
                .sorted(Comparator.comparing(each -> each.answer.text))
                .toList();
        List<Judged> answers = placed.stream().map(Placed::answer).toList();
        List<String> texts = answers.stream().map(Judged::text).toList();
        String id = source.kind() + "-" + Sha256.hex(identity(messages, texts)).substring(0, 32);
        boolean scored = answers.stream().allMatch(answer -> answer.score() != null);
        boolean explained = answers.stream().anyMatch(answer -> !answer.reason().isEmpty());
        return new RankedRequest(
                new RankingRequest(id, messages, texts, null, source.tags()),
                new Ranking(
                        id,
                        source.annotator(),
                        IntStream.range(0, groups.size())
                                .mapToObj(group -> IntStream.range(0, placed.size())
                                        .filter(answer -> placed.get(answer).group == group)
                                        .boxed()
                                        .toList())
                                .toList(),
                        scored ? answers.stream().map(Judged::score).toList() : List.of(),
                        explained ? answers.stream().map(Judged::reason).toList() : List.of(),
                        source.guidelineVersion()));
    }

    /** With the lengths, so that no two things have one identity. */
    static String identity(List<Message> messages, List<String> answers) {
        return messages.stream()
                        .map(message -> message.role() + " " + message.content().length() + " " + message.content())
                        .collect(Collectors.joining("\n"))
                + answers.stream()
                        .map(answer -> "\n" + answer.length() + " " + answer)
                        .collect(Collectors.joining());
    }
}
