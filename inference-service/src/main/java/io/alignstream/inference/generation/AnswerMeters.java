package io.alignstream.inference.generation;

import io.alignstream.contracts.metrics.Metric;
import io.alignstream.inference.generation.Writing.Finish;
import io.alignstream.stageruntime.metrics.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import java.util.Arrays;
import java.util.Locale;

/** What the metrics say of answers, under vLLM's names; thread-safe. */
final class AnswerMeters {

    /** An answer could not be completed. */
    static final String FAILED = "failed";
    /** There was no place for it. */
    static final String REFUSED = "refused";

    private final Meters meters;
    private final DistributionSummary queue;
    private final DistributionSummary firstToken;
    private final DistributionSummary prefill;
    private final DistributionSummary nextToken;
    private final DistributionSummary perToken;
    private final DistributionSummary decode;
    private final DistributionSummary whole;
    private final DistributionSummary promptLength;
    private final DistributionSummary answerLength;
    private final Counter promptTokens;
    private final Counter answerTokens;
    private final Counter cacheQueries;
    private final Counter cacheHits;

    AnswerMeters(Meters meters) {
        this.meters = meters;
        this.queue = meters.histogram(Metric.REQUEST_QUEUE_TIME);
        this.firstToken = meters.histogram(Metric.TIME_TO_FIRST_TOKEN);
        this.prefill = meters.histogram(Metric.REQUEST_PREFILL_TIME);
        this.nextToken = meters.histogram(Metric.INTER_TOKEN_LATENCY);
        this.perToken = meters.histogram(Metric.TIME_PER_OUTPUT_TOKEN);
        this.decode = meters.histogram(Metric.REQUEST_DECODE_TIME);
        this.whole = meters.histogram(Metric.REQUEST_LATENCY);
        this.promptLength = meters.histogram(Metric.REQUEST_PROMPT_TOKENS);
        this.answerLength = meters.histogram(Metric.REQUEST_GENERATION_TOKENS);
        this.promptTokens = meters.counter(Metric.PROMPT_TOKENS);
        this.answerTokens = meters.counter(Metric.GENERATION_TOKENS);
        this.cacheQueries = meters.counter(Metric.PREFIX_CACHE_QUERIES);
        this.cacheHits = meters.counter(Metric.PREFIX_CACHE_HITS);
        Arrays.stream(Finish.values()).forEach(finish -> meters.counter(Metric.REQUESTS, reason(finish)));
        meters.counter(Metric.REQUESTS, FAILED);
        meters.counter(Metric.REQUESTS, REFUSED);
    }

    /**
     * When what happened to an answer, by {@link System#nanoTime}.
     *
     * @param begun when its turn came
     * @param first when its first token came; 0 if none has
     */
    record Times(long requested, long begun, long first, long end) {

        private double seconds(long from, long to) {
            return (to - from) / 1e9;
        }
    }

    static String reason(Finish finish) {
        return finish.name().toLowerCase(Locale.ROOT);
    }

    void begun(long waitedNanos) {
        queue.record(waitedNanos / 1e9);
    }

    /** Of a prompt's tokens so many were known from one before. */
    void prefix(int prompt, int reused) {
        cacheQueries.increment(prompt);
        cacheHits.increment(reused);
    }

    void first(long sinceRequest, long sinceBegun) {
        firstToken.record(sinceRequest / 1e9);
        prefill.record(sinceBegun / 1e9);
    }

    void next(long nanos) {
        nextToken.record(nanos / 1e9);
    }

    /** It has ended, {@code reason} says how. */
    void over(String reason) {
        meters.counter(Metric.REQUESTS, reason).increment();
    }

    /** Tokens that were read and written, whether anybody waited for them or not. */
    void tokens(int prompt, int answer) {
        promptTokens.increment(prompt);
        answerTokens.increment(answer);
    }

    /** An answer that somebody waited for. */
    void answer(int prompt, int answer, Times times) {
        whole.record(times.seconds(times.requested, times.end));
        if (times.first != 0) {
            double seconds = times.seconds(times.first, times.end);
            promptLength.record(prompt);
            answerLength.record(answer);
            decode.record(seconds);
            if (answer > 1) {
                perToken.record(seconds / (answer - 1));
            }
        }
    }
}
