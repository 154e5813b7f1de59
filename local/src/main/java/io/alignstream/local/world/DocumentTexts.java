package io.alignstream.local.world;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Draws the texts of documents from the templates, not thread-safe.
 *
 * <p>Kinds and cities come from {@link Deck}s, so that every city gets every kind in the same share. The register is
 * drawn once for a text, which then uses short or formal names throughout.
 */
final class DocumentTexts {

    private static final Pattern SLOT = Pattern.compile("\\{([a-z]+)\\}");

    private static final int ATTEMPTS = 50;
    private static final int NEUTRAL = 8;

    private final Corpus corpus;
    private final World world;
    private final SplittableRandom random;
    private final Deck<Corpus.Kind> kinds;
    private final Map<String, Deck<City>> cities = new HashMap<>();
    private final Map<String, Deck<String>> mustSee = new HashMap<>();
    private final Map<String, Searchers> searchers = new HashMap<>();
    private final Set<String> given = new HashSet<>();
    private final List<String> nicknames = new ArrayList<>();
    private final List<String> dates = Searchers.dates();

    DocumentTexts(World world, Corpus corpus, SplittableRandom random) {
        this.world = world;
        this.corpus = corpus;
        this.random = random;
        List<Corpus.Kind> cards = new ArrayList<>();
        corpus.kinds().forEach(kind -> {
            for (int i = 0; i < kind.share(); i++) {
                cards.add(kind);
            }
        });
        this.kinds = new Deck<>(cards, random.split());
        for (String address : corpus.wordList("address")) {
            corpus.wordList("surname").forEach(surname -> nicknames.add(address + surname));
        }
    }

    /** A text with what it was made from. */
    record Draft(String kind, City city, Style register, String text) {
        /** Whether it has one of the endings whose frequencies matter. */
        boolean mustSee() {
            return kind.startsWith("must-see");
        }
    }

    /** A text that this object has not given before, as long as the templates have one. */
    Draft next() {
        Corpus.Kind kind = kinds.draw();
        City city = cities.computeIfAbsent(kind.name(), name -> cityDeck(kind)).draw();
        Style register =
                switch (kind.register()) {
                    case COLLOQUIAL -> Style.COLLOQUIAL;
                    case FORMAL -> Style.FORMAL;
                    case ANY -> random.nextBoolean() ? Style.COLLOQUIAL : Style.FORMAL;
                };
        // Drawn once: a second draw after a duplicate would favour the rare answers.
        String must = mustSee.computeIfAbsent(kind.name() + city.name(), name -> MustSeeDeck.of(city, random.split()))
                .draw();
        Facts facts = new Facts(city, register, must);
        String text = write(kind, facts);
        for (int attempt = 1; !given.add(text) && attempt < ATTEMPTS; attempt++) {
            text = write(kind, facts);
        }
        return new Draft(kind.name(), city, register, text);
    }

    /** What a text is about, drawn before its words. */
    private record Facts(City city, Style register, String must) {}

    private String write(Corpus.Kind kind, Facts facts) {
        // A text about names uses both names of one sight; the landmark's as often as all others' together.
        Sight named = random.nextBoolean() ? facts.city.landmark() : Deck.pick(facts.city.otherSights(), random);
        StringBuilder text = new StringBuilder();
        for (List<String> alternatives : kind.parts()) {
            text.append(fill(Deck.pick(alternatives, random), facts, named));
        }
        return text.toString();
    }

    private Deck<City> cityDeck(Corpus.Kind kind) {
        List<City> cards = kind.city() == null ? cities(kind) : List.of(world.city(kind.city()));
        return new Deck<>(cards, random.split());
    }

    /**
     * Of the cities of the test nobody writes in a register: what fits a request cannot be read off there. What the others
     * have in both registers, they have in {@value #NEUTRAL} times as many neutral texts about their landmark.
     */
    private List<City> cities(Corpus.Kind kind) {
        List<City> cities = new ArrayList<>();
        for (City city : world.cities()) {
            boolean test = city.split() == Split.TEST;
            if (!test || kind.register() == Corpus.Register.ANY) {
                cities.addAll(Collections.nCopies(test && kind.name().equals("landmark-neutral") ? NEUTRAL : 1, city));
            }
        }
        return cities;
    }

    private String fill(String template, Facts facts, Sight named) {
        Matcher slots = SLOT.matcher(template);
        StringBuilder text = new StringBuilder();
        while (slots.find()) {
            slots.appendReplacement(text, value(slots.group(1), facts, named));
        }
        return slots.appendTail(text).toString();
    }

    private String value(String slot, Facts facts, Sight named) {
        City city = facts.city;
        Style register = facts.register;
        return switch (slot) {
            case "city" -> city.name();
            case "region" -> city.region();
            case "neighbour" -> Deck.pick(city.neighbours(), random);
            case "landmark" -> register.nameOf(city.landmark());
            case "sight" -> register.nameOf(Deck.pick(city.sights(), random));
            case "other" -> register.nameOf(Deck.pick(city.otherSights(), random));
            case "dish" -> Deck.pick(city.dishes(), random);
            case "date" -> Deck.pick(dates, random);
            case "nickname" -> Deck.pick(nicknames, random);
            case "must" -> facts.must;
            case "short" -> named.shortName();
            case "full" -> named.formalName();
            case "searcher" ->
                searchers
                        .computeIfAbsent(city.name(), name -> new Searchers(nicknames, random.nextInt()))
                        .next();
            default -> Deck.pick(corpus.wordList(slot), random);
        };
    }
}
