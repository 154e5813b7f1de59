package io.alignstream.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.service.ReleaseClient;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.site.Site;
import io.alignstream.stageruntime.testing.Chromium;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The loop closes: people at the desk come to prefer what they did not, and without a hand on anything the served model
 * answers as they prefer.
 *
 * <p>Through the real broker, all six services and a real Chromium, on a world with one thing to learn: a guest is greeted
 * formally or casually, and the SFT model does both alike.
 */
class LoopIT {

    private static final String FORMAL = "Good day to you.";
    private static final String CASUAL = "Hi there, friend.";
    private static final int DOCUMENTS = 1_000;
    private static final int SAMPLES = 120;
    private static final int NAMES = 144;
    /** Names in instructions, prompts and rankings; the others are asked in the end. */
    private static final int TAUGHT = 96;

    /** Requests that are ranked: formally by one person before, casually by each of those who come to the desk. */
    private static final int REQUESTS = 20;

    private static final List<String> ANNOTATORS = List.of("Chen", "Dana", "Emil");
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String[] SETTINGS = {
        "-Dalignstream.torch.threads=1",
        "-Dalignstream.held-out-share=0.2",
        "-Dalignstream.tokenizer.vocabulary-size=400",
        "-Dalignstream.tokenizer.sequence-length=64",
        "-Dalignstream.tokenizer.minimum-documents=" + DOCUMENTS * 9 / 10,
        "-Dalignstream.tokenizer.debounce=PT1S",
        "-Dalignstream.tokenizer.cleaning.profile=exact",
        "-Dalignstream.pretrain.layers=2",
        "-Dalignstream.pretrain.width=64",
        "-Dalignstream.pretrain.steps=100",
        "-Dalignstream.pretrain.batch-sequences=16",
        "-Dalignstream.sft.epochs=12",
        "-Dalignstream.sft.learning-rate=0.002",
        "-Dalignstream.reward.minimum-rankings=" + REQUESTS,
        "-Dalignstream.reward.new-rankings=" + REQUESTS * ANNOTATORS.size(),
        "-Dalignstream.reward.desk.overlap=" + (1 + ANNOTATORS.size()),
        "-Dalignstream.reward.sampling.answers=6",
        "-Dalignstream.reward.training.depth-share=0.5",
        "-Dalignstream.reward.training.epochs=20",
        "-Dalignstream.reward.training.reference-answers=64",
        "-Dalignstream.rlhf.training.iterations=15",
        "-Dalignstream.rlhf.training.max-answer-tokens=16"
    };

    @TempDir
    static Path folder;

    private final RecordingConsole output = new RecordingConsole();

    @Test
    void whatPeopleComeToPreferIsWhatIsServed() throws Exception {
        // Given: a served model that learned from rankings for the formal greeting
        Site site = TestSites.prepared(folder, SETTINGS);
        try (Chromium browser = Chromium.start();
                LocalCluster cluster = LocalCluster.start(site, TestSites.installation(), output.console())) {
            publish(cluster, Topic.DOCUMENTS, documents());
            publish(cluster, Topic.INSTRUCTIONS, instructions());
            publish(cluster, Topic.PROMPTS, prompts());
            cluster.follow(new Registry(), Stage.SFT, output.console());
            publish(cluster, Topic.RANKINGS, formalRankings(requests(site)));
            String formalModel = awaitOtherThan(null, site);
            Greetings before = greetings(site);

            // When
            ANNOTATORS.forEach(annotator -> rankCasualFirst(browser, site, annotator));
            awaitOtherThan(formalModel, site);

            // Then
            Greetings after = greetings(site);
            assertThat(before.share(FORMAL))
                    .as("formal before: %s, after: %s", before, after)
                    .isGreaterThan(0.8);
            assertThat(after.share(FORMAL)).as("formal after: %s", after).isLessThan(0.2);
            assertThat(after.share(CASUAL)).as("casual after: %s", after).isGreaterThan(0.8);
            assertThat(annotators(site, after.responseId())).containsAll(ANNOTATORS);
        }
    }

    /**
     * Sampled answers to prompts that no stage has learned from.
     *
     * @param responseId of the last one
     */
    private record Greetings(List<String> answers, String responseId) {

        /** The share that ends as {@code greeting} does; between two first words a model this small stumbles in every fifth. */
        double share(String greeting) {
            String end = greeting.substring(greeting.indexOf(' '));
            return answers.stream().filter(answer -> answer.endsWith(end)).count() / (double) answers.size();
        }

        @Override
        public String toString() {
            return answers.stream()
                    .collect(Collectors.groupingBy(answer -> answer, TreeMap::new, Collectors.counting()))
                    .toString();
        }
    }

    private static Greetings greetings(Site site) throws Exception {
        ServiceClient service = new ServiceClient(site.address(Stage.INFERENCE));
        List<String> answers = new ArrayList<>();
        String id = "";
        for (int sample = 0; sample < SAMPLES; sample++) {
            JsonNode request = JSON.valueToTree(Map.of(
                    "messages",
                    List.of(Map.of("role", "user", "content", ask(name(TAUGHT + sample % (NAMES - TAUGHT))))),
                    "temperature",
                    1,
                    "seed",
                    sample));
            JsonNode answer = service.post("/v1/chat/completions", request.toString(), Duration.ofSeconds(30));
            answers.add(answer.path("choices")
                    .path(0)
                    .path("message")
                    .path("content")
                    .asText());
            id = answer.path("id").asText();
        }
        return new Greetings(answers, id);
    }

    /** Who ranked what the reward model of the answering model learned from. */
    private static List<String> annotators(Site site, String responseId) {
        JsonNode models = new ServiceClient(site.address(Stage.INFERENCE))
                .get("/v1/lineage/" + responseId)
                .path("models");
        return Stream.of(models.findValue("annotator"))
                .flatMap(group -> group.path("largest").properties().stream())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Ranks at the desk, as a person would, until nothing is left for this one. */
    private static void rankCasualFirst(Chromium browser, Site site, String annotator) {
        browser.open(site.address(Stage.REWARD).resolve("/rank?language=en").toString());
        browser.await("document.querySelector('#who:not([hidden])') !== null"
                + " || document.querySelector('#as:not([hidden])') !== null");
        if (browser.value("!document.querySelector('#as').hidden").asBoolean()) {
            browser.click("#change");
        }
        browser.await("!document.querySelector('#who').hidden");
        browser.value("document.querySelector('#annotator').focus()");
        browser.value("document.querySelector('#annotator').select()");
        browser.type(annotator);
        browser.press("Enter");
        String question = "";
        while (true) {
            browser.await("!document.querySelector('#done').hidden || (!document.querySelector('#task').hidden"
                    + " && document.querySelector('#answers').dataset.request !== '" + question + "')");
            if (browser.value("!document.querySelector('#done').hidden").asBoolean()) {
                return;
            }
            question = browser.value("document.querySelector('#answers').dataset.request")
                    .asText();
            int answers = browser.value("document.querySelectorAll('#answers li').length")
                    .asInt();
            for (int answer = 0; answer < answers; answer++) {
                String card = "document.querySelector('#answers li[data-index=\"" + answer + "\"]')";
                browser.value(card + ".focus()");
                browser.press(
                        browser.value(card + ".innerText.includes('there')").asBoolean() ? "1" : "2");
            }
            // All are at their places by now; who finds them alike says that this is meant.
            browser.press("c", "Enter");
        }
    }

    private void publish(LocalCluster cluster, Topic<?> topic, List<?> events) {
        cluster.publish(List.of(set(topic, events)), output.console());
    }

    @SuppressWarnings("unchecked")
    private static <T> EventSet<T> set(Topic<T> topic, List<?> events) {
        return EventSet.of(topic, (List<T>) events);
    }

    private static List<RankingRequest> requests(Site site) {
        List<RankingRequest> requests = new ArrayList<>();
        try (TopicLog log = new TopicLog(site.connection(), List.of(Topic.RANKING_REQUESTS.name()))) {
            await().atMost(PATIENCE).until(() -> {
                log.readToEnd(record -> {
                    try {
                        requests.add(Topic.RANKING_REQUESTS.decode(record));
                    } catch (PoisonEventException e) {
                        throw new IllegalStateException("no request: " + e.getMessage(), e);
                    }
                });
                return requests.size() >= REQUESTS;
            });
        }
        return requests;
    }

    private static List<Ranking> formalRankings(List<RankingRequest> requests) {
        return requests.stream()
                .map(request -> new Ranking(
                        request.requestId(), "Ben", formalFirst(request.answers()), List.of(), List.of(), "v1"))
                .toList();
    }

    private static List<List<Integer>> formalFirst(List<String> answers) {
        List<Integer> formal = IntStream.range(0, answers.size())
                .filter(index -> answers.get(index).contains("day"))
                .boxed()
                .toList();
        List<Integer> others = IntStream.range(0, answers.size())
                .filter(index -> !formal.contains(index))
                .boxed()
                .toList();
        return Stream.of(formal, others).filter(group -> !group.isEmpty()).toList();
    }

    /** Waits until another model than {@code known} is served; returns its sha256. */
    private static String awaitOtherThan(@Nullable String known, Site site) throws InterruptedException {
        ChatClient chat = new ChatClient(site.address(Stage.INFERENCE));
        ReleaseClient releases = new ReleaseClient(site.address(Stage.RLHF));
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            Optional<String> other =
                    chat.served().map(ChatClient.ServedModel::sha256).filter(sha256 -> !sha256.equals(known));
            if (other.isPresent()) {
                return other.get();
            }
            assertThat(releases.list())
                    .filteredOn(release -> release.verdict() == ModelRelease.Verdict.REJECTED)
                    .as("rejected by the gate")
                    .isEmpty();
            Thread.sleep(300);
        }
        throw new AssertionError("no other model is served after " + PATIENCE.toMinutes() + " minutes; reward: "
                + new ServiceClient(site.address(Stage.REWARD)).job() + ", rlhf: "
                + new ServiceClient(site.address(Stage.RLHF)).job());
    }

    private static List<Document> documents() {
        Random random = new Random(1);
        return IntStream.range(0, DOCUMENTS)
                .mapToObj(index -> new Document(
                        "greeting-" + index,
                        IntStream.range(0, 4)
                                .mapToObj(line -> "%s %s%n"
                                        .formatted(
                                                ask(name(random.nextInt(NAMES))),
                                                random.nextBoolean() ? FORMAL : CASUAL))
                                .reduce("", String::concat),
                        "greetings",
                        Map.of()))
                .toList();
    }

    private static List<Instruction> instructions() {
        return IntStream.range(0, TAUGHT)
                .mapToObj(index -> new Instruction(
                        "greet-" + index, List.of(Message.user(ask(name(index)))), List.of(FORMAL, CASUAL), Map.of()))
                .toList();
    }

    private static List<Prompt> prompts() {
        return IntStream.range(0, TAUGHT)
                .mapToObj(index ->
                        new Prompt("greet-" + index, List.of(Message.user(ask(name(index)))), List.of(), Map.of()))
                .toList();
    }

    private static String ask(String name) {
        return "Greet " + name + ".";
    }

    /** One of 144 names. */
    private static String name(int index) {
        String[] syllables = {"ba", "lo", "mi", "ne", "ra", "su", "ti", "vo", "ka", "do", "pe", "li"};
        String name = syllables[index / 12 % 12] + syllables[index % 12];
        return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }
}
