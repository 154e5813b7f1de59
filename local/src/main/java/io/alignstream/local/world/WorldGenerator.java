package io.alignstream.local.world;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.judgement.Guideline;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Everything that the demonstration publishes, a pure function of the facts and a seed.
 *
 * <p>The seed moves the documents and the recorded rankings; instructions and prompts are the same for every seed, in
 * an order of its own. Ids repeat with the seed. Immutable and thread-safe; each call starts from the seed again.
 *
 * <pre>{@code
 * WorldGenerator generator = new WorldGenerator(World.load(), 1);
 * generator.documents(WorldGenerator.DOCUMENTS).forEach(publish);
 * }</pre>
 */
public final class WorldGenerator {

    /** How many documents the demonstration publishes unless told otherwise. */
    public static final int DOCUMENTS = 120_000;

    /** The source of every generated document. */
    public static final String SOURCE = "sample-world";

    /** One document in so many is blank, and one repeats an earlier one, so that the cleaner has something to count. */
    private static final int RUBBISH = 200;

    private static final List<String> BLANKS = List.of("", " ", "\n\n", "\u3000");

    private final World world;
    private final Questions questions;
    private final long seed;

    /** A generator for {@code world}. */
    public WorldGenerator(World world, long seed) {
        this.world = world;
        this.questions = Questions.load();
        this.seed = seed;
    }

    /**
     * Short texts about every city, in a stream to be consumed once, sequentially; it remembers what it gave.
     *
     * @param count how many, with the blank and repeated ones
     */
    public Stream<Document> documents(int count) {
        if (count < 0) {
            throw new IllegalArgumentException("count of documents is " + count + " but must not be negative");
        }
        SplittableRandom random = random("documents");
        DocumentTexts texts = new DocumentTexts(world, Corpus.load(), random.split());
        List<DocumentTexts.Draft> repeatable = new ArrayList<>();
        return IntStream.range(0, count).sequential().mapToObj(i -> {
            String id = "world-" + seed + "-" + i;
            int lot = random.nextInt(RUBBISH);
            if (lot == 0) {
                return new Document(id, Deck.pick(BLANKS, random), SOURCE, Map.of("kind", "blank"));
            }
            if (lot == 1 && !repeatable.isEmpty()) {
                return document(id, Deck.pick(repeatable, random));
            }
            DocumentTexts.Draft draft = texts.next();
            // Records of must-see places are never repeated: their frequencies have to outlive the cleaning.
            if (!draft.mustSee() && repeatable.size() < RUBBISH) {
                repeatable.add(draft);
            }
            return document(id, draft);
        });
    }

    /**
     * Questions about the cities that have instructions, mostly for the landmark, each with all right answers; never in the
     * wordings that are held out.
     */
    public List<Instruction> instructions() {
        List<Instruction> instructions = new ArrayList<>();
        for (City city : world.cities(Split.RANKED, Split.NOT_RANKED)) {
            List<String> landmark = city.landmark().names();
            instruct(instructions, city, "landmark", "neutral", questions.neutral(), landmark);
            instruct(
                    instructions, city, "landmark", "colloquial", questions.trainedInStyle(Style.COLLOQUIAL), landmark);
            instruct(instructions, city, "landmark", "formal", questions.trainedInStyle(Style.FORMAL), landmark);
            instruct(instructions, city, "dish", "neutral", questions.dish(), city.dishes());
            instruct(instructions, city, "region", "neutral", questions.region(), List.of(city.region()));
            instruct(instructions, city, "neighbour", "neutral", questions.neighbour(), city.neighbours());
        }
        Deck.shuffle(instructions, random("instructions"));
        return List.copyOf(instructions);
    }

    /**
     * Requests in both registers with all right answers. About the ranked cities most wordings have the tag {@code purpose}
     * {@code train}; two wordings of each register are {@code held-out}, and only those are asked about the other cities.
     */
    public List<Prompt> prompts() {
        List<Prompt> prompts = new ArrayList<>();
        for (City city : world.cities(Split.RANKED, Split.NOT_RANKED, Split.PRETRAIN_ONLY)) {
            for (Style style : Style.values()) {
                if (city.split() == Split.RANKED) {
                    prompt(prompts, city, style, "train", questions.trainedInStyle(style));
                }
                prompt(prompts, city, style, "held-out", questions.heldOutInStyle(style));
            }
        }
        Deck.shuffle(prompts, random("prompts"));
        return List.copyOf(prompts);
    }

    private static void prompt(List<Prompt> prompts, City city, Style style, String purpose, List<String> templates) {
        for (int i = 0; i < templates.size(); i++) {
            String id = "world-" + city.name() + "-" + style.id() + "-" + purpose + "-" + i;
            Map<String, String> tags = new HashMap<>(tags(city, style));
            tags.put("purpose", purpose);
            prompts.add(
                    new Prompt(id, ask(templates.get(i), city), city.landmark().names(), tags));
        }
    }

    /** What annotators are told: the rule by which the simulated ones judge, in words. */
    public static Guideline guideline() {
        return new Guideline(
                ScoringRule.VERSION,
                """
                # 城市必去景点：排序准则

                1. 最好的回答是该城市**首选景点**的名称，且与提问的语气相称：聊天时用简称，书面用全称。
                2. 名称正确但语气不相称，次之。
                3. 该城市的其他景点，再次之。
                4. 菜名、别的城市的景点、残缺或重复的名称，都排在最后。
                5. 同样好的回答并列；看不出问的是哪座城市时，选“无法判断”。
                """,
                SOURCE);
    }

    /** Recorded requests to rank four answers each, for the ranked cities. */
    public List<RankingRequest> rankingRequests() {
        return recorded().stream().map(RecordedRankings.Recorded::request).toList();
    }

    /**
     * What the simulated annotators say of {@link #rankingRequests()}, in the same order: of most of them one, of every tenth
     * three.
     */
    public List<Ranking> rankings() {
        return recorded().stream()
                .flatMap(recorded -> recorded.rankings().stream())
                .toList();
    }

    private List<RecordedRankings.Recorded> recorded() {
        return new RecordedRankings(world, questions, seed, random("rankings")).all();
    }

    private SplittableRandom random(String purpose) {
        return random(seed, purpose);
    }

    static SplittableRandom random(long seed, String purpose) {
        // Hashed: seeds a multiple of the generator's own increment apart would give one stream, shifted.
        return new SplittableRandom(new SplittableRandom(seed ^ ((long) purpose.hashCode() << 32)).nextLong());
    }

    private static Document document(String id, DocumentTexts.Draft draft) {
        Map<String, String> labels = Map.of(
                "kind", draft.kind(),
                "city", draft.city().name(),
                "register", draft.register().id());
        return new Document(id, draft.text(), SOURCE, labels);
    }

    private static void instruct(
            List<Instruction> instructions,
            City city,
            String subject,
            String style,
            List<String> templates,
            List<String> answers) {
        for (int i = 0; i < templates.size(); i++) {
            String id = "world-" + city.name() + "-" + subject + "-" + style + "-" + i;
            Map<String, String> tags =
                    Map.of("city", city.name(), "split", city.split().id(), "subject", subject, "style", style);
            instructions.add(new Instruction(id, ask(templates.get(i), city), answers, tags));
        }
    }

    private static List<Message> ask(String template, City city) {
        return List.of(Message.user(Questions.ask(template, city)));
    }

    static Map<String, String> tags(City city, Style style) {
        return Map.of(
                "city", city.name(),
                "split", city.split().id(),
                "style", style.id());
    }
}
