package io.alignstream.local.site;

/**
 * The processes of pretrain-service that train a site's base model together.
 *
 * @param count 1 to {@value #MOST}
 * @param threads of each of them, fixed when there were first several, since weights depend on it; 0: as many as every service
 *     has
 */
public record PretrainWorkers(int count, int threads) {

    public static final int MOST = 64;

    /** One, as every other service has. */
    public static final PretrainWorkers ALONE = new PretrainWorkers(1, 0);

    public PretrainWorkers {
        if (count < 1 || count > MOST) {
            throw new LaunchException("pretrain-service can have 1 to " + MOST + " workers, not " + count + ".");
        }
        if (threads < 0) {
            throw new LaunchException("A worker can have 1 or more threads, not " + threads + ".");
        }
    }

    /** So many of the same. */
    public PretrainWorkers withCount(int newCount) {
        return new PretrainWorkers(newCount, threads);
    }
}
