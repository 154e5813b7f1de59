package io.alignstream.local.world;

import java.util.List;
import java.util.stream.Stream;

/**
 * The ways to ask about a city; {@value #CITY} stands for its name.
 *
 * @param neutral for the landmark, in no particular register
 * @param colloquial for the landmark, as in a chat
 * @param formal for the landmark, as in writing
 * @param dish for what to eat
 * @param region for where it lies
 * @param neighbour for cities nearby
 * @param newColloquial like {@code colloquial}, in words that nothing but the evaluation uses
 * @param newFormal like {@code formal}, in words that nothing but the evaluation uses
 */
record Questions(
        List<String> neutral,
        List<String> colloquial,
        List<String> formal,
        List<String> dish,
        List<String> region,
        List<String> neighbour,
        List<String> newColloquial,
        List<String> newFormal) {

    static final String CITY = "{city}";

    /** Wordings of each register, from the end, that are held out for the gate. */
    static final int HELD_OUT = 2;

    Questions {
        Stream.of(neutral, colloquial, formal, dish, region, neighbour, newColloquial, newFormal)
                .flatMap(List::stream)
                .filter(template -> !template.contains(CITY))
                .findFirst()
                .ifPresent(template -> {
                    throw new IllegalArgumentException("the question " + template + " lacks " + CITY);
                });
    }

    static Questions load() {
        return World.resource("questions.json", Questions.class);
    }

    List<String> inStyle(Style style) {
        return style == Style.COLLOQUIAL ? colloquial : formal;
    }

    /** The wordings of {@code style} that something is learned from. */
    List<String> trainedInStyle(Style style) {
        List<String> all = inStyle(style);
        return all.subList(0, all.size() - HELD_OUT);
    }

    /** The others, by which the gate judges and which nothing is learned from. */
    List<String> heldOutInStyle(Style style) {
        List<String> all = inStyle(style);
        return all.subList(all.size() - HELD_OUT, all.size());
    }

    /** Wordings of {@code style} that no stage has seen. */
    List<String> newInStyle(Style style) {
        return style == Style.COLLOQUIAL ? newColloquial : newFormal;
    }

    static String ask(String template, City city) {
        return template.replace(CITY, city.name());
    }
}
