package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.reward.desk.DistinctAnswers;
import io.alignstream.reward.desk.Question;
import io.alignstream.reward.desk.RankingDesk;
import io.alignstream.stageruntime.JobContext;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerSamplingTest {

    private final RankingDesk desk = new RankingDesk(1, Duration.ofMinutes(1), 0, InstantSource.system());
    private final Recording context = new Recording();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private CheckpointStore store;

    @SuppressWarnings("NullAway.Init")
    private Checkpoint sft;

    @BeforeEach
    void open() throws IOException {
        store = CheckpointStore.open(folder.toUri(), folder);
        sft = TinySft.save(store, 1);
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    @Test
    void answersAreDifferentAndWhatTheLimitCutsOffIsMarked() throws IOException {
        // Given
        AnswerSampling sampling = sampling(1);

        // When
        sampling.execute(context);

        // Then
        assertThat(context.requests).hasSize(2).allSatisfy(request -> {
            assertThat(DistinctAnswers.of(request.answers()).count())
                    .isEqualTo(request.answers().size())
                    .isBetween(2, 4);
            assertThat(request.answers()).noneMatch(String::isBlank);
        });
        long marked = context.requests.stream()
                .map(request -> request.tags().get(Question.TRUNCATED))
                .mapToLong(tag -> tag == null ? 0 : tag.split(" ").length)
                .sum();
        assertThat(marked).isPositive();
        assertThat(context.figures).containsEntry("truncatedAnswers", (double) marked);
        assertThat(desk.progress().alike()).isZero();
    }

    @Test
    void aPromptWithOneAnswerOnlyIsReplacedByAnotherOne() throws IOException {
        // Given
        sampling(0).execute(context);

        // When
        sampling(0).execute(context);

        // Then: two were to be asked, two more were tried in their place, and that is all
        assertThat(context.requests).isEmpty();
        assertThat(context.figures).containsEntry("promptsWithoutTwoAnswers", 2.0);
        assertThat(desk.progress().alike()).isEqualTo(4);
        assertThat(sampling(0).isEmpty()).isTrue();
    }

    private AnswerSampling sampling(double temperature) {
        return AnswerSampling.of(new TwoPrompts(temperature), 1, store, sft, TinySft.prompts(8), desk);
    }

    /** Four answers of up to six tokens to two prompts; at temperature 0 always the same one. */
    private record TwoPrompts(double temperature) implements RewardConfig.Sampling {

        @Override
        public int answers() {
            return 4;
        }

        @Override
        public int prompts() {
            return 2;
        }

        @Override
        public int maxAnswerTokens() {
            return 6;
        }
    }

    private static final class Recording implements JobContext {

        private final List<RankingRequest> requests = new ArrayList<>();
        private final Map<String, Double> figures = new HashMap<>();

        @Override
        public boolean stopRequested() {
            return false;
        }

        @Override
        public void stop() {}

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> metrics) {
            figures.putAll(metrics);
        }

        @Override
        public void healed(Reason what) {}

        @Override
        public <T> void publish(Topic<T> topic, T event) {
            requests.add((RankingRequest) event);
        }

        @Override
        public <T> Stream<Entry<T>> read(Topic<T> topic, DatasetSnapshot snapshot) {
            return Stream.empty();
        }
    }
}
