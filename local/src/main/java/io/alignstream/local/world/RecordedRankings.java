package io.alignstream.local.world;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * Rankings of four answers each by the {@link AnnotatorPopulation}: what people following the {@link ScoringRule} might have
 * judged, recorded so that the demonstration can run without people.
 *
 * <p>Wrong answers come in both registers, so neither register alone nor length alone predicts a score. Most requests are
 * ranked by one annotator, every tenth by three, so that one sees how far they agree.
 */
final class RecordedRankings {

    static final int ANSWERS = 4;

    /** Requests for each city and register. */
    static final int REQUESTS = 40;

    /** One request in so many is ranked by several. */
    static final int SHARED = 10;

    static final int ANNOTATORS_OF_SHARED = 3;

    private final World world;
    private final Questions questions;
    private final long seed;
    private final SplittableRandom random;
    private final Set<String> allNames;
    private final List<City> otherCities;
    private final AnnotatorPopulation population;

    RecordedRankings(World world, Questions questions, long seed, SplittableRandom random) {
        this.world = world;
        this.questions = questions;
        this.seed = seed;
        this.random = random;
        this.allNames = world.cities().stream().flatMap(City::names).collect(Collectors.toSet());
        this.otherCities = world.cities(Split.RANKED);
        this.population = new AnnotatorPopulation(world, seed);
    }

    /** A request with its rankings. */
    record Recorded(RankingRequest request, List<Ranking> rankings) {}

    List<Recorded> all() {
        List<RankingRequest> requests = new ArrayList<>();
        for (City city : world.cities(Split.RANKED)) {
            for (Style style : Style.values()) {
                Deck<String> templates = new Deck<>(questions.trainedInStyle(style), random.split());
                for (int i = 0; i < REQUESTS; i++) {
                    requests.add(request(Questions.ask(templates.draw(), city), city, style, i));
                }
            }
        }
        Deck.shuffle(requests, random);
        Deck<Annotator> annotators = new Deck<>(AnnotatorPopulation.annotators(), random.split());
        List<Recorded> all = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            Set<Annotator> who = new LinkedHashSet<>();
            while (who.size() < (i % SHARED == 0 ? ANNOTATORS_OF_SHARED : 1)) {
                who.add(annotators.draw());
            }
            RankingRequest request = requests.get(i);
            all.add(new Recorded(
                    request,
                    who.stream().map(annotator -> ranking(annotator, request)).toList()));
        }
        return all;
    }

    private RankingRequest request(String prompt, City city, Style style, int number) {
        List<String> answers = answers(city, style, number);
        Deck.shuffle(answers, random);
        return new RankingRequest(
                "world-" + seed + "-" + city.name() + "-" + style.id() + "-" + number,
                List.of(Message.user(prompt)),
                answers,
                null,
                WorldGenerator.tags(city, style));
    }

    private Ranking ranking(Annotator annotator, RankingRequest request) {
        AnnotatorPopulation.Judgement judgement = population
                .judge(
                        annotator,
                        request.requestId(),
                        request.messages().getLast().content(),
                        request.answers())
                .orElseThrow();
        return new Ranking(
                request.requestId(),
                annotator.id(),
                judgement.order(),
                judgement.scores(),
                judgement.reasons(),
                ScoringRule.VERSION);
    }

    /** Of ten requests, six hold both names of the landmark, two only the fitting one, one only the other, one twice. */
    private List<String> answers(City city, Style style, int number) {
        int turn = number % 10;
        String fitting = style.nameOf(city.landmark());
        List<String> answers = new ArrayList<>();
        if (turn != 8) {
            answers.add(fitting);
        }
        if (turn < 6 || turn == 8) {
            answers.add(style.opposite().nameOf(city.landmark()));
        }
        if (turn == 9) {
            answers.add(fitting);
        }
        int distractor = number;
        while (answers.size() < ANSWERS) {
            String wrong = distractor(city, style, distractor++);
            if (!answers.contains(wrong)) {
                answers.add(wrong);
            }
        }
        return answers;
    }

    private String distractor(City city, Style style, int turn) {
        Style any = random.nextBoolean() ? Style.COLLOQUIAL : Style.FORMAL;
        return switch (turn % 6) {
            case 0 -> style.nameOf(Deck.pick(city.otherSights(), random));
            case 1 -> spoilt(style.nameOf(city.landmark()), city);
            case 2 -> style.nameOf(otherCity(city).landmark());
            case 3 -> style.opposite().nameOf(Deck.pick(city.otherSights(), random));
            case 4 -> spoilt(any.nameOf(city.landmark()), city);
            default ->
                random.nextBoolean()
                        ? Deck.pick(city.dishes(), random)
                        : any.nameOf(Deck.pick(otherCity(city).sights(), random));
        };
    }

    /** A name cut short, doubled, run on or jumbled; never the name of anything else. */
    private String spoilt(String name, City city) {
        while (true) {
            String spoilt =
                    switch (random.nextInt(5)) {
                        case 0 -> name.substring(0, 1 + random.nextInt(name.length() - 1));
                        case 1 -> name + name;
                        case 2 -> name + Deck.pick(city.otherSights(), random).shortName();
                        case 3 -> name.substring(0, name.length() / 2) + name;
                        default -> name + name.charAt(name.length() - 1);
                    };
            if (!allNames.contains(spoilt)) {
                return spoilt;
            }
        }
    }

    private City otherCity(City city) {
        while (true) {
            City other = Deck.pick(otherCities, random);
            if (!other.equals(city)) {
                return other;
            }
        }
    }
}
