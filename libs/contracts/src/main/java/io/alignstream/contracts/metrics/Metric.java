package io.alignstream.contracts.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A metric of the services, under the name that it has in Prometheus; the figures of runs come besides ({@link RunFigure}).
 *
 * <p>Units are base units and stand in the name, as Prometheus has it: {@code _seconds}, {@code _bytes}, {@code _total} for what only
 * grows. Names of answers are vLLM's, with {@code alignstream_inference_} for {@code vllm:}. Each has the label {@code stage} and
 * stands in each scrape of its services from their start on, but for what is said otherwise.
 */
public enum Metric {
    BUILD_INFO(
            Kind.GAUGE, "alignstream_build_info", Reporter.EVERY_SERVICE, "1; which version runs", "version", "java"),
    RESIDENT_MEMORY(
            Kind.GAUGE,
            "alignstream_resident_memory_bytes",
            Reporter.EVERY_SERVICE,
            "Memory of the process, as the system counts it; 0 where it does not tell"),
    NATIVE_MEMORY(
            Kind.GAUGE,
            "alignstream_native_memory_bytes",
            Reporter.EVERY_SERVICE,
            "Resident memory beyond what the JVM has taken for itself: what libtorch and other native libraries hold, about"),
    EVENTS(
            Kind.COUNTER,
            "alignstream_events_total",
            Reporter.EVERY_SERVICE,
            "Events that were taken in, by topic",
            "topic"),
    EVENT_AGE(
            Buckets.AGE,
            "alignstream_event_age_seconds",
            Reporter.EVERY_SERVICE,
            "Age of an event when it is taken in; after a start old events are read again where a topic is not kept",
            "topic"),
    CONSUMER_LAG(
            Kind.GAUGE,
            "alignstream_consumer_lag",
            Reporter.EVERY_SERVICE,
            "Records that the service has still to read, by topic and partition; a partition is there once it was found",
            "topic",
            "partition"),
    RECORDS_LOST(
            Kind.COUNTER,
            "alignstream_records_lost_total",
            Reporter.EVERY_SERVICE,
            "Records that the broker deleted before the service had read them",
            "topic"),
    DEAD_LETTERS(
            Kind.COUNTER,
            "alignstream_dead_letters_total",
            Reporter.EVERY_SERVICE,
            "Records that can never be processed and went to the dead letters",
            "topic"),
    BROKER_CONTACT(
            Kind.GAUGE,
            "alignstream_broker_contact",
            Reporter.EVERY_SERVICE,
            "1 if the broker has answered within the last 20 seconds, else 0"),
    JOB_WANTED(
            Kind.GAUGE,
            "alignstream_job_wanted",
            Reporter.EVERY_SERVICE,
            "1 while a job is due, runs or waits for its next attempt, and before that is known; what an autoscaler asks beside the lag, which is 0 during a job of hours"),
    JOB_STATE(
            Kind.GAUGE,
            "alignstream_job_state",
            Reporter.EVERY_SERVICE,
            "1 for the state that the stage is in, 0 for the others",
            "state"),
    JOB_STEP(
            Kind.GAUGE,
            "alignstream_job_step",
            Reporter.EVERY_SERVICE,
            "Steps done in the phase of the job that runs, or ran last"),
    JOB_TOTAL_STEPS(Kind.GAUGE, "alignstream_job_total_steps", Reporter.EVERY_SERVICE, "Steps that this phase has"),
    JOB_PROGRESS_TIMESTAMP(
            Kind.GAUGE,
            "alignstream_job_progress_timestamp_seconds",
            Reporter.EVERY_SERVICE,
            "When the job last said something of itself, in Unix time; 0 before the first one"),
    JOB_LAST_START(
            Kind.GAUGE,
            "alignstream_job_last_start_timestamp_seconds",
            Reporter.EVERY_SERVICE,
            "When a job last started for a cause, in Unix time, 0 for never; the newest is the cause of the last run. `inputs`: they changed, `held`: they had changed and the policy held the run back until then, `trigger`: a person asked, `retry`: it had failed, `resume`: an earlier process had left it unfinished",
            "cause"),
    JOB_RETRIES(
            Kind.COUNTER,
            "alignstream_job_retries_total",
            Reporter.EVERY_SERVICE,
            "Jobs started again after they had failed"),
    JOB_DURATION(
            Buckets.JOB,
            "alignstream_job_duration_seconds",
            Reporter.EVERY_SERVICE,
            "How long jobs took, by how they ended",
            "outcome"),
    AUDIT_LOST(
            Kind.COUNTER,
            "alignstream_audit_lost_total",
            Reporter.EVERY_SERVICE,
            "Entries that did not reach the topic audit-log; the service's log holds them"),
    TRACKING_LOST(
            Kind.COUNTER,
            "alignstream_tracking_lost_total",
            Reporter.EVERY_SERVICE,
            "What a tracking server or TensorBoard was not told of runs, as it was away for long or refused it",
            "tracker"),
    STORE_USED(
            Kind.GAUGE,
            "alignstream_store_used_bytes",
            Reporter.EVERY_SERVICE,
            "What the store held when the service measured it last; NaN before"),
    STORE_QUOTA(
            Kind.GAUGE,
            "alignstream_store_quota_bytes",
            Reporter.EVERY_SERVICE,
            "The most that the store may hold, 0 for no bound"),
    STORE_REMOVED(
            Kind.COUNTER,
            "alignstream_store_removed_bytes_total",
            Reporter.EVERY_SERVICE,
            "What the service has deleted of the store since nobody needed it"),

    CHECKPOINT_TIMESTAMP(
            Kind.GAUGE,
            "alignstream_checkpoint_timestamp_seconds",
            Reporter.TRAINERS,
            "When the service last wrote a checkpoint, in Unix time, 0 before its first; its age is `time()` minus this"),
    CHECKPOINT_SIZE(
            Kind.GAUGE, "alignstream_checkpoint_size_bytes", Reporter.TRAINERS, "Size of that checkpoint, 0 before it"),
    CHECKPOINT_SAVE(
            Buckets.SAVE,
            "alignstream_checkpoint_save_seconds",
            Reporter.TRAINERS,
            "How long it took to write a checkpoint; training waits for it"),
    HEALING_EVENTS(
            Kind.COUNTER,
            "alignstream_healing_events_total",
            Reporter.TRAINERS,
            "Failures of training that a run went back for, to go on"),
    WORKER_INCIDENTS(
            Kind.COUNTER,
            "alignstream_worker_incidents_total",
            Reporter.TRAINERS,
            "Times that two workers have come to different bits from the same: one of their machines is wrong"),

    DOCUMENTS(
            Kind.COUNTER,
            "alignstream_documents_total",
            Reporter.TOKENIZER,
            "Documents by what became of them, since the topic's beginning, on the partitions of this instance",
            "outcome"),
    TOPOLOGY_LAG(
            Kind.GAUGE,
            "alignstream_topology_lag",
            Reporter.TOKENIZER,
            "Records that cleaning and packing have still to read, on the partitions of this instance",
            "topology"),

    TIME_TO_FIRST_TOKEN(
            Buckets.FIRST_TOKEN,
            "alignstream_inference_time_to_first_token_seconds",
            Reporter.INFERENCE,
            "From a request to its first token, waiting included"),
    INTER_TOKEN_LATENCY(
            Buckets.ONE_TOKEN,
            "alignstream_inference_inter_token_latency_seconds",
            Reporter.INFERENCE,
            "From one token of an answer to the next"),
    TIME_PER_OUTPUT_TOKEN(
            Buckets.ONE_TOKEN,
            "alignstream_inference_request_time_per_output_token_seconds",
            Reporter.INFERENCE,
            "Mean time from one token to the next, one value for each answer"),
    REQUEST_QUEUE_TIME(
            Buckets.REQUEST,
            "alignstream_inference_request_queue_time_seconds",
            Reporter.INFERENCE,
            "How long a request waited for its turn"),
    REQUEST_PREFILL_TIME(
            Buckets.REQUEST,
            "alignstream_inference_request_prefill_time_seconds",
            Reporter.INFERENCE,
            "From a request's turn to its first token: its prompt is read"),
    REQUEST_DECODE_TIME(
            Buckets.REQUEST,
            "alignstream_inference_request_decode_time_seconds",
            Reporter.INFERENCE,
            "From the first token of an answer to its last"),
    REQUEST_LATENCY(
            Buckets.REQUEST,
            "alignstream_inference_e2e_request_latency_seconds",
            Reporter.INFERENCE,
            "From a request to the end of its answer"),
    REQUEST_PROMPT_TOKENS(
            Buckets.TOKENS,
            "alignstream_inference_request_prompt_tokens",
            Reporter.INFERENCE,
            "Tokens of the prompts that were read"),
    REQUEST_GENERATION_TOKENS(
            Buckets.TOKENS, "alignstream_inference_request_generation_tokens", Reporter.INFERENCE, "Tokens of answers"),
    PROMPT_TOKENS(
            Kind.COUNTER,
            "alignstream_inference_prompt_tokens_total",
            Reporter.INFERENCE,
            "Tokens of prompts, read for whomever: answers that nobody waits for count here, and in none of the histograms"),
    GENERATION_TOKENS(
            Kind.COUNTER,
            "alignstream_inference_generation_tokens_total",
            Reporter.INFERENCE,
            "Tokens of answers, likewise"),
    REQUESTS(
            Kind.COUNTER,
            "alignstream_inference_requests_total",
            Reporter.INFERENCE,
            "Requests by how their answers ended",
            "finished_reason"),
    REQUESTS_RUNNING(
            Kind.GAUGE,
            "alignstream_inference_num_requests_running",
            Reporter.INFERENCE,
            "Answers that are being written"),
    REQUESTS_WAITING(
            Kind.GAUGE,
            "alignstream_inference_num_requests_waiting",
            Reporter.INFERENCE,
            "Requests that wait for their turn"),
    SLOTS(Kind.GAUGE, "alignstream_inference_slots", Reporter.INFERENCE, "Answers that are written at once at most"),
    PREFIX_CACHE_QUERIES(
            Kind.COUNTER,
            "alignstream_inference_prefix_cache_queries_total",
            Reporter.INFERENCE,
            "Tokens of prompts that were looked for among what was computed of earlier ones"),
    PREFIX_CACHE_HITS(
            Kind.COUNTER,
            "alignstream_inference_prefix_cache_hits_total",
            Reporter.INFERENCE,
            "Those among them that were found, so they were not computed again"),
    CACHE_USAGE(
            Kind.GAUGE,
            "alignstream_inference_kv_cache_usage_ratio",
            Reporter.INFERENCE,
            "Share of its room for tokens that a model in memory has in use, 0 to 1; of several that of the fullest"),
    MODEL_INFO(
            Kind.GAUGE,
            "alignstream_inference_model_info",
            Reporter.INFERENCE,
            "1 for each model in memory; none before the first release",
            "model",
            "sha256",
            "run"),
    MODEL_SWAPS(
            Kind.COUNTER,
            "alignstream_inference_swaps_total",
            Reporter.INFERENCE,
            "Models that were taken into memory"),
    SHADOW_ANSWERS(
            Kind.COUNTER,
            "alignstream_inference_shadow_answers_total",
            Reporter.INFERENCE,
            "Answers of a release on trial that nobody is shown, by what became of them",
            "outcome"),
    RETRIEVAL_SEARCH(
            Buckets.ONE_TOKEN,
            "alignstream_inference_retrieval_search_seconds",
            Reporter.INFERENCE,
            "Time that it took to find passages"),
    RETRIEVAL_PASSAGES(
            Kind.GAUGE,
            "alignstream_inference_retrieval_passages",
            Reporter.INFERENCE,
            "Passages that can be found; this and what follows is 0 where retrieval is switched off"),
    RETRIEVAL_SIZE(
            Kind.GAUGE,
            "alignstream_inference_retrieval_size_bytes",
            Reporter.INFERENCE,
            "What the index takes on disk"),
    RETRIEVAL_LAG(
            Kind.GAUGE,
            "alignstream_inference_retrieval_lag",
            Reporter.INFERENCE,
            "Records that the index has still to read"),
    RETRIEVAL_DISPLACED(
            Kind.COUNTER,
            "alignstream_inference_retrieval_displaced_total",
            Reporter.INFERENCE,
            "Documents that later ones took the place of"),
    RETRIEVAL_CUT(
            Kind.COUNTER,
            "alignstream_inference_retrieval_cut_total",
            Reporter.INFERENCE,
            "Passages left out of documents that have too many"),
    RETRIEVAL_FAILED(
            Kind.COUNTER,
            "alignstream_inference_retrieval_failed_total",
            Reporter.INFERENCE,
            "Documents that no vectors could be made of"),
    RETRIEVAL_LOST(
            Kind.COUNTER,
            "alignstream_inference_retrieval_lost_total",
            Reporter.INFERENCE,
            "Records that were deleted before the index had read them"),
    RETRIEVAL_UNREADABLE(
            Kind.COUNTER,
            "alignstream_inference_retrieval_unreadable_total",
            Reporter.INFERENCE,
            "Records that are no documents");

    /** How its values behave. */
    public enum Kind {
        GAUGE,
        COUNTER,
        HISTOGRAM
    }

    /** The label that every metric has, and that comes first. */
    public static final String STAGE = "stage";

    private final Kind kind;
    private final @Nullable Buckets buckets;
    private final String id;
    private final Reporter reporter;
    private final String meaning;
    private final List<String> labels;

    Metric(Kind kind, String id, Reporter reporter, String meaning, String... labels) {
        this(kind, null, id, reporter, meaning, labels);
    }

    Metric(Buckets buckets, String id, Reporter reporter, String meaning, String... labels) {
        this(Kind.HISTOGRAM, buckets, id, reporter, meaning, labels);
    }

    Metric(Kind kind, @Nullable Buckets buckets, String id, Reporter reporter, String meaning, String... labels) {
        this.kind = kind;
        this.buckets = buckets;
        this.id = id;
        this.reporter = reporter;
        this.meaning = meaning;
        this.labels = List.of(labels);
    }

    public Kind kind() {
        return kind;
    }

    /** The name in Prometheus, for example {@code alignstream_job_wanted}. */
    public String id() {
        return id;
    }

    /** Those of a histogram; empty for what is none. */
    public Optional<Buckets> buckets() {
        return Optional.ofNullable(buckets);
    }

    /** Which services tell it. */
    public Reporter reporter() {
        return reporter;
    }

    /** What it says, for people. */
    public String meaning() {
        return meaning;
    }

    /** Names of its labels besides {@value #STAGE}. */
    public List<String> labels() {
        return labels;
    }

    /** The names that stand in a scrape, in the order in which they stand there: a histogram has four. */
    public List<String> series() {
        List<String> series = new ArrayList<>();
        if (kind == Kind.HISTOGRAM) {
            series.addAll(List.of(id + "_bucket", id + "_count", id + "_sum", id + "_max"));
        } else {
            series.add(id);
        }
        return series;
    }
}
