package io.alignstream.inference;

import static io.alignstream.contracts.ModelRelease.Verdict.APPROVED;
import static io.alignstream.inference.ChatApi.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.insight.Association;
import io.alignstream.languagemodel.insight.BlankFilling;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.testing.Chromium;
import io.alignstream.training.Lineage;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Looking into a base, an SFT and an aligned model that are really there, through the API and on the page. */
@QuarkusTest
class ExplorerTest extends ServiceTest {

    private static final String AXE = "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js";
    private static final Path PICTURES = Path.of("target", "pictures");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> TABS =
            List.of("candidates", "next", "blanks", "attention", "words", "contexts", "pronouns");

    @Test
    void theModelsBehindTheReleaseAreFoundByItsManifests() throws IOException {
        // Given
        Reference aligned = serveChain();

        // When
        JsonNode versions = json(api.get("/v1/explorer/versions").body());

        // Then
        assertThat(versions.findValuesAsText("version")).containsExactly("base", "sft", "aligned", "masked");
        assertThat(versions.path(2).path("sha256").asText()).isEqualTo(aligned.sha256());
        assertThat(versions.findValuesAsText("run").subList(0, 3))
                .doesNotContainNull()
                .doesNotHaveDuplicates();
    }

    @Test
    void aVersionThatTheReleaseWasNotMadeFromIsSaidToBeUnknown() {
        // Given
        serve(first);

        // When
        HttpResponse<String> answer = ask("next", Map.of("version", "base", "prompt", "Hi"));

        // Then
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(json(answer.body()).path("error").path("code").asText()).isEqualTo("explorer.noVersion");
        assertThat(json(api.get("/v1/explorer/versions").body())
                        .path(0)
                        .path("run")
                        .isNull())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({"base", "sft", "aligned"})
    void candidatesAreAsProbableAsTheReportWouldSay(String version) throws IOException {
        // Given
        serveChain();
        List<String> candidates = List.of("九点", "十点", "at nine");

        // When
        JsonNode answer = json(ask(
                        "candidates",
                        Map.of("version", version, "prompt", "去上海", "separator", "：", "candidates", candidates))
                .body());

        // Then
        double[] logs;
        try (Transformer network =
                Transformer.load(store.open(reference(version)).folder())) {
            logs = version.equals("base")
                    ? Association.continuations(
                            network, TinyModel.TOKENIZER, List.of("去上海：", "去上海：", "去上海："), candidates)
                    : Association.answers(network, TinyModel.TOKENIZER, "去上海", candidates);
        }
        double[] shares = Association.shares(logs);
        for (int i = 0; i < logs.length; i++) {
            JsonNode candidate = answer.path("candidates").path(i);
            assertThat(candidate.path("candidate").asText()).isEqualTo(candidates.get(i));
            assertThat(candidate.path("logProbability").asDouble()).isCloseTo(logs[i], within(1e-6));
            assertThat(candidate.path("share").asDouble()).isCloseTo(shares[i], within(1e-6));
        }
    }

    @Test
    void whatIsDrawnIsTakenAndWhatComesNextIsProbable() throws IOException {
        // Given
        serveChain();
        Map<String, Object> question = Map.of("version", "base", "prompt", "The train");
        JsonNode before = json(ask("next", question).body());

        // When: the third token is drawn, which is told, and the last one, which is not
        JsonNode third = json(ask("next", with(question, "rank", 2)).body());
        JsonNode last = json(ask("next", with(question, "rank", TinyModel.TOKENIZER.vocabularySize() - 1))
                .body());

        // Then
        double told = 0;
        for (JsonNode choice : before.path("choices")) {
            told += Math.exp(choice.path("logProbability").asDouble());
        }
        int others = 0;
        for (JsonNode step : before.path("others")) {
            others += step.path("tokens").asInt();
            told += step.path("tokens").asInt()
                    * Math.exp(step.path("logProbability").asDouble());
        }
        assertThat(before.path("choices").size() + others).isEqualTo(TinyModel.TOKENIZER.vocabularySize());
        assertThat(told).isCloseTo(1, within(0.01));
        assertThat(third.path("taken").path(0).path("id").asInt())
                .isEqualTo(before.path("choices").path(2).path("id").asInt());
        assertThat(last.path("taken").size()).isEqualTo(1);
        assertThat(before.path("choices").findValuesAsText("id"))
                .doesNotContain(last.path("taken").path(0).path("id").asText());
    }

    @Test
    void blanksAreFilledFromBothSidesBesideWhatIsGuessedFromTheLeft() throws IOException {
        // Given
        serveChain();
        Reference masked = trainMasked();

        // When
        JsonNode answer =
                json(ask("blanks", Map.of("text", "去[MASK]的火车 <mask>点开")).body());

        // Then
        List<String> pieces = List.of("去", "的火车 ", "点开");
        assertThat(texts(answer.path("pieces"))).isEqualTo(pieces);
        List<List<BlankFilling.Choice>> both;
        List<List<BlankFilling.Choice>> left;
        try (Transformer network = Transformer.load(store.open(masked).folder());
                Transformer base =
                        Transformer.load(store.open(reference("base")).folder())) {
            both = BlankFilling.fromBothSides(network, TinyModel.TOKENIZER.withMask(), pieces, 5);
            left = BlankFilling.fromTheLeft(base, TinyModel.TOKENIZER, pieces, 5);
        }
        for (int blank = 0; blank < 2; blank++) {
            JsonNode found = answer.path("blanks").path(blank);
            for (int rank = 0; rank < 5; rank++) {
                assertThat(found.path("both").path(rank).path("id").asInt())
                        .isEqualTo(both.get(blank).get(rank).id());
                assertThat(found.path("both").path(rank).path("probability").asDouble())
                        .isCloseTo(both.get(blank).get(rank).probability(), within(1e-6));
                assertThat(found.path("left").path(rank).path("id").asInt())
                        .isEqualTo(left.get(blank).get(rank).id());
            }
        }
        assertThat(json(api.get("/v1/explorer/versions").body())
                        .path(3)
                        .path("sha256")
                        .asText())
                .isEqualTo(masked.sha256());
    }

    @Test
    void aMaskedModelAnswersNothingElse() throws IOException {
        // Given
        serveChain();
        trainMasked();

        // When
        HttpResponse<String> answer = ask("next", Map.of("version", "masked", "prompt", "Hi"));

        // Then
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer.body()).path("error").path("code").asText()).isEqualTo("explorer.unknownVersion");
    }

    @Test
    void attentionWordsAndContextsAreMeasured() throws IOException {
        // Given
        serveChain();

        // When
        JsonNode attention = json(ask("attention", Map.of("version", "sft", "text", "去上海的火车九点开", "layer", 0))
                .body());
        JsonNode words =
                json(ask("neighbours", Map.of("version", "sft", "plus", List.of("上海", "train"), "minus", List.of("北京")))
                        .body());
        JsonNode contexts = json(ask(
                        "contexts",
                        Map.of(
                                "version",
                                "sft",
                                "word",
                                "鳄",
                                "first",
                                List.of("去上海鳄", "去北京鳄"),
                                "second",
                                List.of("The train 鳄")))
                .body());

        // Then
        int tokens = attention.path("tokens").size();
        JsonNode row = attention.path("weights").path(0).path(tokens - 1);
        assertThat(String.join("", texts(attention.path("tokens")))).isEqualTo("去上海的火车九点开");
        assertThat(row.size()).isEqualTo(tokens);
        double sum = 0;
        for (JsonNode weight : row) {
            sum += weight.asDouble();
        }
        assertThat(sum).isCloseTo(1, within(1e-3));
        assertThat(words.path("words").findValuesAsText("added")).containsExactly("true", "true", "false");
        assertThat(words.path("neighbours").size()).isEqualTo(20);
        assertThat(contexts.path("word").path("between").path(0).asDouble()).isCloseTo(1, within(1e-6));
        assertThat(contexts.path("word").path("within").size()).isEqualTo(2);
        assertThat(contexts.path("word").path("paths").size()).isEqualTo(3);
    }

    @Test
    void pronounsAreMeasuredInTheBackground() throws IOException {
        // Given
        serveChain();
        String state = "/v1/explorer/pronouns?version=aligned&language=zh";
        JsonNode before = json(api.get(state).body());

        // When
        JsonNode begun = json(
                ask("pronouns", Map.of("version", "aligned", "language", "zh")).body());

        // Then
        assertThat(before.path("progress").asText()).isEqualTo("NONE");
        assertThat(begun.path("progress").asText()).isEqualTo("RUNNING");
        await().atMost(PATIENCE)
                .until(() ->
                        json(api.get(state).body()).path("progress").asText().equals("DONE"));
        JsonNode done = json(api.get(state).body());
        assertThat(done.path("done").asInt()).isEqualTo(done.path("sentences").size());
        assertThat(done.path("solved").path(0).path(0).asInt())
                .isBetween(0, done.path("sentences").size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "next | {'version': 'newest', 'prompt': 'Hi'} | explorer.unknownVersion",
                "next | {'version': 'base', 'prompt': ' '} | explorer.noText",
                "next | {'version': 'base', 'prompt': 'Hi', 'taken': [-1]} | explorer.range",
                "next | {'version': 'base', 'prompt': 'Hi', 'rank': 1000000} | explorer.range",
                "candidates | {'version': 'sft', 'prompt': 'Hi', 'candidates': ['one']} | explorer.count",
                "candidates | {'version': 'sft', 'prompt': 'Hi', 'candidates': ['one', 'one']} | explorer.twice",
                "candidates | {'version': 'sft', 'prompt': 'Hi', 'candidates': ['one', null]} | explorer.noText",
                "attention | {'version': 'base', 'text': 'Hi', 'layer': 1} | explorer.range",
                "neighbours | {'version': 'base', 'plus': ['train'], 'minus': ['train']} | insight.cancelled",
                "contexts | {'version': 'base', 'word': 'train', 'first': ['a train'], 'second': ['a bus']} | insight.noWord",
                "blanks | {'text': 'no blank'} | explorer.blanks.count",
                "blanks | {'text': '[MASK][MASK][MASK][MASK][MASK][MASK][MASK][MASK][MASK]'} | explorer.blanks.count",
                "blanks | {'text': ' '} | explorer.noText",
                "blanks | | api.noObject",
                "pronouns | {'version': 'base', 'language': 'la'} | explorer.unknownSet",
                "pronouns | | api.noObject",
            })
    void whatCannotBeAskedIsRefusedWithTheReason(String path, String body, String code) throws IOException {
        // Given
        serveChain();

        // When
        HttpResponse<String> answer = api.post("/v1/explorer/" + path, body == null ? "" : body.replace('\'', '"'));

        // Then
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer.body()).path("error").path("code").asText()).isEqualTo(code);
    }

    @Test
    void aTextThatIsTooLongForAPictureIsRefused() throws IOException {
        // Given
        serveChain();

        // When
        HttpResponse<String> characters = ask("attention", Map.of("version", "base", "text", "x".repeat(501)));
        HttpResponse<String> tokens = ask("attention", Map.of("version", "base", "text", "鳄".repeat(40)));

        // Then
        assertThat(json(characters.body()).path("error").path("code").asText()).isEqualTo("explorer.longText");
        assertThat(json(tokens.body()).path("error").path("code").asText()).isEqualTo("explorer.manyTokens");
    }

    @Test
    void aModelThatIsTooLargeIsNotLoaded() throws IOException {
        // Given: one of 1.7 MB where 1 MiB is lent
        TransformerConfig config = TransformerConfig.of(TinyModel.TOKENIZER.vocabularySize(), 2, 128, 64);
        Reference large;
        try (Transformer network = Transformer.initialise(config, 1)) {
            large = store.save(Manifest.draft(Stage.SFT, "large", 1).withComplete(true), folder -> {
                config.save(folder, new int[] {TinyModel.TOKENIZER.endOfDocument()}, TinyModel.TOKENIZER.pad());
                TinyModel.TOKENIZER.save(folder);
                Safetensors.write(folder.resolve("model.safetensors"), network.tensors(), Map.of("format", "pt"));
            });
        }
        serve(TinyModel.save(store, 14, Map.of(Lineage.SFT, large), List.of()));

        // When
        HttpResponse<String> answer = ask("next", Map.of("version", "sft", "prompt", "Hi"));

        // Then
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(json(answer.body()).path("error").path("text").asText())
                .contains("alignstream.inference.explorer.memory-mebibytes");
    }

    @ParameterizedTest
    @CsvSource({"en, 1100, false", "zh, 390, true"})
    void everybodyCanLookIntoTheModels(String language, int width, boolean dark) throws IOException {
        // Given
        serveChain();
        trainMasked();
        Files.createDirectories(PICTURES);
        try (Chromium browser = Chromium.start()) {
            browser.show(width, 1100, dark);
            browser.open(address.resolve("/explorer?language=" + language).toString());

            for (String tab : TABS) {
                // When: the tabs are gone through with the arrow keys
                if (!tab.equals(TABS.getFirst())) {
                    browser.press("ArrowRight");
                } else {
                    browser.await("document.querySelector('#panel-candidates .picture:not([hidden])') !== null");
                    browser.value("document.querySelector('#tab-candidates').focus()");
                }
                browser.await("document.activeElement.id === 'tab-" + tab + "'");
                browser.await(shown(tab));
                if (tab.equals("pronouns")) {
                    browser.click("#panel-pronouns form button");
                    browser.await("document.querySelector('#panel-pronouns .verdict').textContent !== ''");
                    browser.value("document.querySelector('#tab-pronouns').focus()");
                }
                browser.value("new Promise(resolve => setTimeout(resolve, 700))");

                // Then
                Files.write(PICTURES.resolve("explorer-" + tab + "-" + language + ".png"), browser.picture());
                assertThat(browser.value("document.querySelector('#panel-" + tab + " .failure').textContent")
                                .asText())
                        .isEmpty();
                assertThat(violations(browser))
                        .as(tab)
                        .filteredOn(violation -> List.of("serious", "critical")
                                .contains(violation.path("impact").asText()))
                        .isEmpty();
                assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                        .as(tab)
                        .isLessThanOrEqualTo(width);
            }
        }
    }

    @Test
    void barsMoveFromTheBaseToTheAlignedModelAndTheDieWithItsTemperature() throws IOException {
        // Given
        serveChain();
        try (Chromium browser = Chromium.start()) {
            browser.open(address.resolve("/explorer?language=en").toString());
            browser.await(shown("candidates"));
            String share = "document.querySelector('#panel-candidates .bars .value').textContent";
            String aligned = browser.value(share).asText();

            // When
            browser.value("document.querySelector('#panel-candidates [name=stage]').focus()");
            browser.press("ArrowLeft", "ArrowLeft");
            String base = browser.value(share).asText();
            browser.value("location.hash = '#next'");
            browser.await(shown("next"));
            browser.value("document.querySelector('#panel-next [name=temperature]').focus()");
            for (int step = 0; step < 20; step++) {
                browser.press("ArrowLeft");
            }

            // Then
            assertThat(browser.value("document.querySelector('#panel-next output.temperature').textContent")
                            .asText())
                    .isEqualTo("0");
            assertThat(browser.value("document.querySelector('#panel-next .bars .value').textContent")
                            .asText())
                    .isEqualTo("100%");
            assertThat(base).isNotEqualTo(aligned);
            browser.click("#panel-next .roll");
            browser.await("document.querySelectorAll('#panel-next .written .token').length === 1");
        }
    }

    /** Whether a tab shows what it has measured. */
    private static String shown(String tab) {
        return "document.querySelector('#panel-" + tab + " .picture:not([hidden])') !== null"
                + " && document.querySelector('#panel-" + tab + "').getAttribute('aria-busy') === 'false'";
    }

    private static JsonNode violations(Chromium browser) throws IOException {
        if (!browser.value("window.axe !== undefined").asBoolean()) {
            try (InputStream axe = Objects.requireNonNull(ExplorerTest.class.getResourceAsStream(AXE), AXE)) {
                browser.value(new String(axe.readAllBytes(), StandardCharsets.UTF_8) + ";0");
            }
        }
        return browser.value("axe.run().then(result => result.violations.map(({ id, impact, nodes }) =>"
                + " ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary) })))");
    }

    private HttpResponse<String> ask(String path, Map<String, ?> question) {
        return api.post("/v1/explorer/" + path, JSON.valueToTree(question).toString());
    }

    private static Map<String, Object> with(Map<String, Object> question, String name, Object value) {
        Map<String, Object> more = new HashMap<>(question);
        more.put(name, value);
        return more;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(node -> texts.add(node.asText()));
        return texts;
    }

    private Reference reference(String version) throws IOException {
        return switch (version) {
            case "base" -> TinyModel.save(store, 11);
            case "sft" -> TinyModel.save(store, 12, Map.of(Lineage.BASE, reference("base")), List.of());
            default -> TinyModel.save(store, 13, Map.of(Lineage.SFT, reference("sft")), List.of());
        };
    }

    /** A masked model, as pretrain-service announces it. */
    private Reference trainMasked() throws IOException {
        Tokenizer tokenizer = TinyModel.TOKENIZER.withMask();
        TransformerConfig config =
                TransformerConfig.of(tokenizer.vocabularySize(), 1, 32, 64).bothWays();
        Reference reference;
        try (Transformer network = Transformer.initialise(config, 15)) {
            reference = store.save(Manifest.draft(Stage.PRETRAIN, "masked", 1).withComplete(true), folder -> {
                config.save(folder, new int[] {tokenizer.endOfDocument()}, tokenizer.pad());
                tokenizer.save(folder);
                Safetensors.write(folder.resolve("model.safetensors"), network.tensors(), Map.of("format", "pt"));
            });
        }
        topics.publish(
                Topic.CHECKPOINTS,
                new Checkpoint(
                        Stage.PRETRAIN,
                        "masked",
                        1,
                        reference,
                        Map.of(),
                        List.of(),
                        Map.of(),
                        null,
                        null,
                        PretrainingObjective.MASKED));
        await().atMost(PATIENCE)
                .until(() -> json(api.get("/v1/explorer/versions").body())
                        .path(3)
                        .path("sha256")
                        .asText()
                        .equals(reference.sha256()));
        return reference;
    }

    /** Serves a model with an SFT and a base model behind it. */
    private Reference serveChain() throws IOException {
        Reference aligned = reference("aligned");
        if (served.current()
                .filter(model -> model.sha256().equals(aligned.sha256()))
                .isEmpty()) {
            topics.publish(Topic.MODEL_RELEASES, TinyModel.release(APPROVED, aligned));
            awaitServed(aligned);
        }
        return aligned;
    }
}
