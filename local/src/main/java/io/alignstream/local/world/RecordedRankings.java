package io.alignstream.local.world;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Rankings of four answers each by the annotator {@value #ANNOTATOR}: what a person following the guideline would have
 * judged, recorded so that the demonstration can run without people.
 *
 * <p>The landmark's name that fits the register scores 5 and its other name 2; another sight of the city scores 1 in
 * the fitting register and 0 in the other; a dish, another city's landmark and spoilt names score 0. Answers with the
 * same score are tied. Wrong answers come in both registers, so neither register alone nor length alone predicts a
 * score.
 */
final class RecordedRankings {

    /** Tells these rankings from people's. */
    static final String ANNOTATOR = "sample-world";

    static final String GUIDELINE = "sample-world-1";
    static final int ANSWERS = 4;

    /** Requests for each city and register. */
    static final int REQUESTS = 40;

    private final World world;
    private final Questions questions;
    private final long seed;
    private final SplittableRandom random;
    private final Set<String> allNames;
    private final List<City> otherCities;

    RecordedRankings(World world, Questions questions, long seed, SplittableRandom random) {
        this.world = world;
        this.questions = questions;
        this.seed = seed;
        this.random = random;
        this.allNames = world.cities().stream().flatMap(City::names).collect(Collectors.toSet());
        this.otherCities = world.cities(Split.RANKED);
    }

    /** A request with its ranking. */
    record Recorded(RankingRequest request, Ranking ranking) {}

    /** An answer as the annotator judges it. */
    record Judged(String answer, double score, String reason) {}

    List<Recorded> all() {
        List<Recorded> all = new ArrayList<>();
        for (City city : world.cities(Split.RANKED)) {
            for (Style style : Style.values()) {
                Deck<String> templates = new Deck<>(questions.trainedInStyle(style), random.split());
                for (int i = 0; i < REQUESTS; i++) {
                    String id = "world-" + seed + "-" + city.name() + "-" + style.id() + "-" + i;
                    all.add(recorded(id, Questions.ask(templates.draw(), city), city, style, i));
                }
            }
        }
        Deck.shuffle(all, random);
        return all;
    }

    private Recorded recorded(String id, String prompt, City city, Style style, int number) {
        List<Judged> answers = answers(city, style, number);
        Deck.shuffle(answers, random);
        RankingRequest request = new RankingRequest(
                id,
                List.of(Message.user(prompt)),
                answers.stream().map(Judged::answer).toList(),
                null,
                WorldGenerator.tags(city, style));
        Ranking ranking = new Ranking(
                id,
                ANNOTATOR,
                order(answers),
                answers.stream().map(Judged::score).toList(),
                answers.stream().map(Judged::reason).toList(),
                GUIDELINE);
        return new Recorded(request, ranking);
    }

    /** Of ten requests, six hold both names of the landmark, two only the fitting one, one only the other, one twice. */
    private List<Judged> answers(City city, Style style, int number) {
        int turn = number % 10;
        List<Judged> answers = new ArrayList<>();
        if (turn != 8) {
            answers.add(fitting(city, style));
        }
        if (turn < 6 || turn == 8) {
            answers.add(unfitting(city, style));
        }
        if (turn == 9) {
            answers.add(fitting(city, style));
        }
        int distractor = number;
        while (answers.size() < ANSWERS) {
            Judged wrong = distractor(city, style, distractor++);
            if (answers.stream().noneMatch(answer -> answer.answer().equals(wrong.answer()))) {
                answers.add(wrong);
            }
        }
        return answers;
    }

    private Judged fitting(City city, Style style) {
        List<String> reasons = style == Style.COLLOQUIAL
                ? List.of("简短，口语", "聊天时就这么说", "答得对，顺口")
                : List.of("名称完整，适合书面", "用了正式全称", "规范，可写进报告");
        return new Judged(style.nameOf(city.landmark()), 5, Deck.pick(reasons, random));
    }

    private Judged unfitting(City city, Style style) {
        List<String> reasons = style == Style.COLLOQUIAL
                ? List.of("太正式，聊天里别扭", "没人这么说话", "答得对，但太书面")
                : List.of("太口语，不适合报告", "应写全称", "答得对，但不够正式");
        return new Judged(style.opposite().nameOf(city.landmark()), 2, Deck.pick(reasons, random));
    }

    private Judged distractor(City city, Style style, int turn) {
        Style any = random.nextBoolean() ? Style.COLLOQUIAL : Style.FORMAL;
        return switch (turn % 6) {
            case 0 -> new Judged(style.nameOf(Deck.pick(city.otherSights(), random)), 1, "是景点，但不是首选");
            case 1 -> new Judged(spoilt(style.nameOf(city.landmark()), city), 0, "名字不完整或重复");
            case 2 -> new Judged(style.nameOf(otherCity(city).landmark()), 0, "不在这个城市");
            case 3 -> new Judged(style.opposite().nameOf(Deck.pick(city.otherSights(), random)), 0, "不是首选，语气也不对");
            case 4 -> new Judged(spoilt(any.nameOf(city.landmark()), city), 0, "名字写坏了");
            default ->
                random.nextBoolean()
                        ? new Judged(Deck.pick(city.dishes(), random), 0, "问的是景点，不是吃的")
                        : new Judged(any.nameOf(Deck.pick(otherCity(city).sights(), random)), 0, "别的城市的景点");
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

    private static List<List<Integer>> order(List<Judged> answers) {
        TreeMap<Double, List<Integer>> byScore = new TreeMap<>(Comparator.reverseOrder());
        for (int i = 0; i < answers.size(); i++) {
            byScore.computeIfAbsent(answers.get(i).score(), score -> new ArrayList<>())
                    .add(i);
        }
        return List.copyOf(byScore.values());
    }
}
