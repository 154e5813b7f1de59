package io.alignstream.local.site;

import io.alignstream.contracts.Stage;
import java.util.List;

/**
 * The processes of a stage's service that train its model together at a site.
 *
 * @param count 1 to {@value #MOST}
 * @param threads of each of them, fixed when there were first several, since weights depend on it; 0: as many as every service
 *     has
 */
public record StageWorkers(int count, int threads) {

    public static final int MOST = 64;

    /** The stages that can have several. */
    public static final List<Stage> STAGES = List.of(Stage.PRETRAIN, Stage.SFT, Stage.REWARD, Stage.RLHF);

    /** One, as every other service has. */
    public static final StageWorkers ALONE = new StageWorkers(1, 0);

    public StageWorkers {
        if (count < 1 || count > MOST) {
            throw new LaunchException("A stage can have 1 to " + MOST + " workers, not " + count + ".");
        }
        if (threads < 0) {
            throw new LaunchException("A worker can have 1 or more threads, not " + threads + ".");
        }
    }

    /** So many of the same. */
    public StageWorkers withCount(int newCount) {
        return new StageWorkers(newCount, threads);
    }

    /** The option by which a site is started with several of {@code stage}. */
    public static String option(Stage stage) {
        return "--" + stage.id() + "-workers";
    }
}
