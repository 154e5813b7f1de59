package io.alignstream.local.world;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * By what the annotators judge an answer to a request for a city's landmark, whoever wrote the answer; immutable.
 *
 * <p>The landmark's name that fits the register is worth 5 points and its other name 2; another sight of the city 1 in the
 * fitting register and 0 in the other; dishes, other cities' names and whatever is no name 0.
 */
final class ScoringRule {

    /** The version of the guideline that says the same to people. */
    static final String VERSION = "sample-world-2";

    private final Map<String, City> cities = new HashMap<>();
    private final Map<String, Request> requests = new HashMap<>();

    /** The rule for all requests that are asked in {@code world} except those that are held out. */
    ScoringRule(World world, Questions questions) {
        for (City city : world.cities()) {
            city.names().forEach(name -> cities.put(name, city));
            for (Style style : Style.values()) {
                questions
                        .trainedInStyle(style)
                        .forEach(template -> requests.put(Questions.ask(template, city), new Request(city, style)));
            }
        }
    }

    /** What is asked for: the name of the landmark of {@code city} that fits {@code style}. */
    record Request(City city, Style style) {

        private Optional<Sight> sight(String answer) {
            return city.sights().stream()
                    .filter(sight -> sight.names().contains(answer))
                    .findFirst();
        }

        /** Whether {@code answer} is the other name of what its fitting name would be right for. */
        boolean isOfOtherRegister(String answer) {
            return sight(answer)
                    .filter(sight -> !answer.equals(style.nameOf(sight)))
                    .isPresent();
        }

        /** The fitting name of the sight that {@code answer} names; itself if it names none. */
        String inFittingRegister(String answer) {
            return sight(answer).map(style::nameOf).orElse(answer);
        }
    }

    /** What {@code prompt} asks for; empty if it is no request that this is a guideline for. */
    Optional<Request> request(String prompt) {
        return Optional.ofNullable(requests.get(prompt));
    }

    /** Points of {@code answer}, 0 to 5. */
    double points(Request request, String answer) {
        Optional<Sight> sight = request.sight(answer);
        if (sight.isEmpty()) {
            return 0;
        }
        boolean fitting = !request.isOfOtherRegister(answer);
        if (sight.get().equals(request.city.landmark())) {
            return fitting ? 5 : 2;
        }
        return fitting ? 1 : 0;
    }

    /** Why {@code answer} has its points, in an annotator's words. */
    String reason(Request request, String answer, SplittableRandom random) {
        boolean colloquial = request.style == Style.COLLOQUIAL;
        Optional<Sight> sight = request.sight(answer);
        boolean fitting = !request.isOfOtherRegister(answer);
        if (sight.isPresent() && sight.get().equals(request.city.landmark())) {
            return Deck.pick(fitting ? praise(colloquial) : wrongRegister(colloquial), random);
        }
        if (sight.isPresent()) {
            return fitting ? "是景点，但不是首选" : "不是首选，语气也不对";
        }
        City of = cities.get(answer);
        if (of == null) {
            return Deck.pick(List.of("名字不完整或重复", "名字写坏了"), random);
        }
        return of.equals(request.city) ? "问的是景点，不是吃的" : Deck.pick(List.of("不在这个城市", "别的城市的"), random);
    }

    private static List<String> praise(boolean colloquial) {
        return colloquial ? List.of("简短，口语", "聊天时就这么说", "答得对，顺口") : List.of("名称完整，适合书面", "用了正式全称", "规范，可写进报告");
    }

    private static List<String> wrongRegister(boolean colloquial) {
        return colloquial ? List.of("太正式，聊天里别扭", "没人这么说话", "答得对，但太书面") : List.of("太口语，不适合报告", "应写全称", "答得对，但不够正式");
    }
}
