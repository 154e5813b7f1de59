package io.alignstream.local.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportedModelTest {

    private static final String TEMPLATE =
            """
            {%- for message in messages %}
                {{- ('<|assistant|>' if message.role == 'assistant' else '<|user|>') + 'says: ' + message.content + '<|endofturn|>' }}
            {%- endfor %}
            {%- if add_generation_prompt %}{{ '<|assistant|>says: ' }}{% endif %}
            """;

    /** What our tokenizers are saved with. */
    private static final String OURS = "ours";

    private static final String NONE = "none";

    @TempDir
    private Path folder;

    @Test
    void as_a_base_model_it_is_nothing_else() throws IOException {
        // Given
        HuggingFaceModel model = model(TEMPLATE);
        try (CheckpointStore store = store()) {
            // When
            ImportedModel imported = ImportedModel.save(model, ImportedModel.Role.BASE, store);

            // Then
            assertThat(imported.base().stage()).isEqualTo(Stage.PRETRAIN);
            assertThat(imported.tuned()).isEmpty();
            assertThat(imported.release()).isEmpty();
        }
    }

    @Test
    void as_a_release_it_is_base_fine_tuned_and_approved_model_at_once() throws IOException {
        // Given
        HuggingFaceModel model = model(TEMPLATE);
        try (CheckpointStore store = store()) {
            // When
            ImportedModel imported = ImportedModel.save(model, ImportedModel.Role.RELEASE, store);

            // Then
            Checkpoint tuned = imported.tuned().orElseThrow();
            ModelRelease release = imported.release().orElseThrow();
            assertThat(tuned.stage()).isEqualTo(Stage.SFT);
            assertThat(tuned.parents()).isEqualTo(Map.of("base", imported.base().reference()));
            assertThat(tuned.datasets())
                    .allMatch(dataset -> dataset.offsets() == 0)
                    .extracting(dataset -> dataset.topic())
                    .containsExactly(Topic.INSTRUCTIONS.name(), Topic.PROMPTS.name());
            assertThat(release.reference()).isEqualTo(tuned.reference());
            assertThat(release.verdict()).isEqualTo(ModelRelease.Verdict.APPROVED);
            assertThat(Tokenizer.load(store.open(release.reference()).folder()).hasForeignTemplate())
                    .isTrue();
        }
    }

    @Test
    void the_same_model_again_gives_the_same_references() throws IOException {
        // Given
        HuggingFaceModel model = model(TEMPLATE);
        try (CheckpointStore store = store()) {
            ImportedModel first = ImportedModel.save(model, ImportedModel.Role.SFT, store);

            // When
            ImportedModel again = ImportedModel.save(model, ImportedModel.Role.SFT, store);

            // Then
            assertThat(again).isEqualTo(first);
        }
    }

    @Test
    void a_model_of_our_own_that_was_exported_can_chat_already() throws IOException {
        // Given
        HuggingFaceModel model = model(OURS);
        try (CheckpointStore store = store()) {
            // When
            ImportedModel imported = ImportedModel.save(model, ImportedModel.Role.SFT, store);

            // Then
            assertThat(imported.tuned()).isPresent();
        }
    }

    @Test
    void what_has_no_chat_template_cannot_chat_already() throws IOException {
        // Given
        HuggingFaceModel model = model(NONE);
        try (CheckpointStore store = store()) {
            // When, then
            assertThatThrownBy(() -> ImportedModel.save(model, ImportedModel.Role.SFT, store))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no chat template");
        }
    }

    private CheckpointStore store() throws IOException {
        return CheckpointStore.open(folder.resolve("store").toUri(), folder);
    }

    private HuggingFaceModel model(String template) throws IOException {
        Path source = Files.createDirectories(folder.resolve("source"));
        Tokenizer tokenizer = new BpeTrainer(300).train(List.of("今天来上海出差了。").iterator());
        TransformerConfig network = TransformerConfig.of(tokenizer.vocabularySize(), 1, 32, 64);
        network.save(source, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
        tokenizer.save(source);
        if (!template.equals(OURS)) {
            ObjectMapper json = new ObjectMapper();
            Path config = source.resolve(Tokenizer.CONFIG_FILE);
            ObjectNode changed = (ObjectNode) json.readTree(config.toFile());
            changed.put("chat_template", template);
            json.writeValue(config.toFile(), template.equals(NONE) ? changed.without("chat_template") : changed);
        }
        try (Transformer transformer = Transformer.initialise(network, 1)) {
            Safetensors.write(source.resolve(ModelWeights.FILE), transformer.views(), Map.of());
        }
        return HuggingFaceModel.load(source);
    }
}
