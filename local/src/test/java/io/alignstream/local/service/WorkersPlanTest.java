package io.alignstream.local.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Stage;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.StageWorkers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkersPlanTest {

    private static final String SHARDS = "-Dalignstream.pretrain.shards=";

    @ParameterizedTest
    @CsvSource({"2, 2, 2, 1", "3, 8, 4, 2", "4, 2, 4, 1", "5, 64, 8, 12", "64, 2, 64, 1"})
    void shardsAreThePowerOfTwoThatHasRoomForAllAndProcessorsAreDivided(
            int workers, int processors, int shards, int threads) {
        // When
        WorkersPlan plan = WorkersPlan.of(site(), Stage.PRETRAIN, workers, Map.of(), processors);

        // Then
        assertThat(plan.site().serviceOptions()).containsExactly(SHARDS + shards);
        assertThat(plan.site().workers(Stage.PRETRAIN)).isEqualTo(new StageWorkers(workers, threads));
        assertThat(plan.line())
                .contains(workers + " workers", threads + " thread", "shards=" + shards)
                .doesNotContain("stand");
    }

    @Test
    void oneWorkerIsAsItWas() {
        // When
        WorkersPlan plan = WorkersPlan.of(site(), Stage.PRETRAIN, 1, Map.of(), 8);

        // Then
        assertThat(plan.site()).isEqualTo(site());
    }

    @Test
    void whatTheUserSaysCounts() {
        // Given
        Site site = site(SHARDS + 2, "-Dalignstream.torch.threads=3");

        // When
        WorkersPlan plan = WorkersPlan.of(site, Stage.PRETRAIN, 4, Map.of(), 8);

        // Then
        assertThat(plan.site()).isEqualTo(site.withWorkers(Stage.PRETRAIN, new StageWorkers(4, 0)));
        assertThat(plan.line()).contains("4 workers of 3 threads", "shards=2", "2 stand by", "2 shards");
    }

    @Test
    void soDoesTheEnvironment() {
        // Given
        Map<String, String> environment = Map.of("ALIGNSTREAM_PRETRAIN_SHARDS", "4", "ALIGNSTREAM_TORCH_THREADS", "1");

        // When
        WorkersPlan plan = WorkersPlan.of(site(), Stage.PRETRAIN, 2, environment, 8);

        // Then
        assertThat(plan.site()).isEqualTo(site().withWorkers(Stage.PRETRAIN, new StageWorkers(2, 0)));
        assertThat(plan.line()).contains("2 workers of 1 thread ", "shards=4");
    }

    @Test
    void eachStageHasWorkersShardsAndThreadsOfItsOwn() {
        // Given
        Site first = WorkersPlan.of(site(), Stage.PRETRAIN, 2, Map.of(), 8).site();

        // When
        WorkersPlan plan = WorkersPlan.of(first, Stage.RLHF, 3, Map.of(), 8);

        // Then
        assertThat(plan.site().serviceOptions()).containsExactly(SHARDS + 2, "-Dalignstream.rlhf.shards=4");
        assertThat(plan.site().workers(Stage.PRETRAIN)).isEqualTo(new StageWorkers(2, 4));
        assertThat(plan.site().workers(Stage.RLHF)).isEqualTo(new StageWorkers(3, 2));
        assertThat(plan.site().workers(Stage.SFT)).isEqualTo(StageWorkers.ALONE);
        assertThat(plan.line()).startsWith("rlhf-service: 3 workers");
    }

    /** Other numbers would make another run of it. */
    @Test
    void whatWasFixedOnceStays() {
        // Given
        Site begun = WorkersPlan.of(site(), Stage.PRETRAIN, 2, Map.of(), 4).site();

        // When
        WorkersPlan plan = WorkersPlan.of(begun, Stage.PRETRAIN, 3, Map.of(), 4);

        // Then
        assertThat(plan.site().serviceOptions()).containsExactly(SHARDS + 2);
        assertThat(plan.site().workers(Stage.PRETRAIN)).isEqualTo(new StageWorkers(3, 2));
        assertThat(plan.line()).contains("1 stands by");
    }

    @ParameterizedTest
    @CsvSource({
        "2, 2, pretrain-service: 2 workers",
        "3, 2, 'pretrain-service: 3 workers; 1 stands by until another leaves, as each batch is cut into 2 shards'"
    })
    void whoScalesHearsWhoStandsBy(int workers, int shards, String beginning) {
        // Given
        Site site = site(SHARDS + shards).withWorkers(Stage.PRETRAIN, new StageWorkers(workers, 1));

        // When
        String outcome = WorkersPlan.outcome(site, Stage.PRETRAIN);

        // Then
        assertThat(outcome).startsWith(beginning);
        assertThat(outcome.endsWith("--service-option=" + SHARDS + "4")).isEqualTo(workers > shards);
    }

    /** The service refuses it with its own words. */
    @Test
    void aValueThatIsNoNumberIsLeftToTheService() {
        // When
        WorkersPlan plan = WorkersPlan.of(site(SHARDS + "many"), Stage.PRETRAIN, 2, Map.of(), 2);

        // Then
        assertThat(plan.site().serviceOptions()).containsExactly(SHARDS + "many");
    }

    @Test
    void tooManyAreRefused() {
        // When, then
        assertThatThrownBy(() -> WorkersPlan.of(site(), Stage.PRETRAIN, 65, Map.of(), 2))
                .isInstanceOf(LaunchException.class)
                .hasMessageContainingAll("1 to 64", "65");
    }

    private static Site site(String... options) {
        return new Site(Path.of("/site"), 20_000, 7, List.of(options));
    }
}
