package io.alignstream.local.monitoring;

import static io.alignstream.contracts.metrics.Metric.*;
import static io.alignstream.local.monitoring.Panel.curves;
import static io.alignstream.local.monitoring.Panel.figures;
import static io.alignstream.local.monitoring.Panel.number;
import static io.alignstream.local.monitoring.Panel.quantiles;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.local.monitoring.Board.Row;
import io.alignstream.local.monitoring.Panel.Kind;
import io.alignstream.local.monitoring.Panel.Query;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The dashboards: one for each service and one of all together. */
final class Boards {

    private static final String SEVERAL_WORKERS = "where a run may have several workers";
    private static final String DPO = "where DPO aligns";
    private static final String RETRIEVAL = "where retrieval is switched on";

    private Boards() {}

    static List<Board> all() {
        List<Board> boards = new ArrayList<>();
        boards.add(overview());
        Arrays.stream(Stage.values()).map(Boards::of).forEach(boards::add);
        return boards;
    }

    private static Board overview() {
        return new Board(
                "overview",
                "Alignstream: overview",
                "The six services at a glance: what runs, what is behind, what fails.",
                List.of(
                        new Row(
                                "What runs",
                                List.of(
                                        number(
                                                "Services reached",
                                                "Services that Prometheus has reached at its last try.",
                                                "short",
                                                "count(" + BUILD_INFO.id() + ")",
                                                ""),
                                        number(
                                                "Jobs running",
                                                "Stages whose job runs.",
                                                "short",
                                                "sum(" + JOB_STATE.id() + "{state=\"running\"})",
                                                ""),
                                        number(
                                                "Stages that failed",
                                                "Stages that have given up a run.",
                                                "short",
                                                "sum(" + JOB_STATE.id() + "{state=\"failed\"})",
                                                ""),
                                        number(
                                                "Dead letters of a day",
                                                "Records of the last day that can never be processed.",
                                                "short",
                                                "sum(increase(" + DEAD_LETTERS.id() + "[1d]))",
                                                ""),
                                        number(
                                                "Answers a second",
                                                "Answers of the last five minutes.",
                                                "suffix:/s",
                                                "sum(rate(" + REQUESTS.id() + "[5m]))",
                                                ""),
                                        number(
                                                "Models in memory",
                                                "Models that can answer.",
                                                "short",
                                                "count(" + MODEL_INFO.id() + ")",
                                                ""),
                                        curves(
                                                        "State",
                                                        "What each stage is doing.",
                                                        "short",
                                                        new Query(JOB_STATE.id() + " == 1", "{{stage}} {{state}}"))
                                                .as(Kind.STATES),
                                        curves(
                                                "Wanted",
                                                JOB_WANTED.meaning() + ".",
                                                "short",
                                                new Query("max by (stage) (" + JOB_WANTED.id() + ")", "{{stage}}")),
                                        curves(
                                                "Progress of the phase",
                                                "Share of its steps that the job has done.",
                                                "percentunit",
                                                new Query(
                                                        JOB_STEP.id() + " / (" + JOB_TOTAL_STEPS.id() + " > 0)",
                                                        "{{stage}}")))),
                        new Row(
                                "Events",
                                List.of(
                                        curves(
                                                "Events taken in",
                                                EVENTS.meaning() + ".",
                                                "suffix:/s",
                                                new Query(
                                                        "sum by (stage) (rate(" + EVENTS.id() + "[$__rate_interval]))",
                                                        "{{stage}}")),
                                        curves(
                                                "Lag",
                                                CONSUMER_LAG.meaning() + ".",
                                                "short",
                                                new Query("sum by (stage) (" + CONSUMER_LAG.id() + ")", "{{stage}}"),
                                                new Query(
                                                        "sum by (topology) (" + TOPOLOGY_LAG.id() + ")",
                                                        "{{topology}}")),
                                        curves(
                                                "Dead letters",
                                                DEAD_LETTERS.meaning() + ".",
                                                "short",
                                                new Query(
                                                        "sum by (topic) (increase(" + DEAD_LETTERS.id()
                                                                + "[$__rate_interval]))",
                                                        "{{topic}}")))),
                        new Row(
                                "Machines",
                                List.of(
                                        curves(
                                                "Resident memory",
                                                RESIDENT_MEMORY.meaning() + ".",
                                                "bytes",
                                                new Query(RESIDENT_MEMORY.id(), "{{stage}} {{instance}}")),
                                        curves(
                                                "Processors",
                                                "Share of the machine's processors that each service uses.",
                                                "percentunit",
                                                new Query(
                                                        "process_cpu_usage * on (instance) group_left (stage) alignstream_build_info",
                                                        "{{stage}} {{instance}}")),
                                        curves(
                                                "Store",
                                                STORE_USED.meaning() + ".",
                                                "bytes",
                                                new Query("max(" + STORE_USED.id() + ")", "used"),
                                                new Query("max(" + STORE_QUOTA.id() + " > 0)", "most"))))));
    }

    private static Board of(Stage stage) {
        String of = "{stage=\"" + stage.id() + "\"}";
        List<List<Row>> parts = new ArrayList<>();
        parts.add(List.of(job(stage, of)));
        parts.add(
                switch (stage) {
                    case TOKENIZER -> tokenizer(of);
                    case PRETRAIN -> pretrain(of);
                    case SFT -> sft(of);
                    case REWARD -> reward(of);
                    case RLHF -> rlhf(of);
                    case INFERENCE -> inference(of);
                });
        if (CHECKPOINT_SAVE.reporter().stages().contains(stage)) {
            parts.add(List.of(checkpoints(of)));
        }
        parts.add(List.of(events(of), machine(of)));
        return new Board(
                stage.id(),
                "Alignstream: " + stage.service(),
                "What " + stage.service() + " does, how well, and what it needs.",
                Board.rows(parts));
    }

    private static Row job(Stage stage, String of) {
        String label = "stage=\"" + stage.id() + "\"";
        return new Row(
                "Job",
                List.of(
                        curves(
                                        "State",
                                        "What the stage is doing.",
                                        "short",
                                        new Query(JOB_STATE.id() + of + " == 1", "{{state}}"))
                                .as(Kind.STATES),
                        curves(
                                "Wanted",
                                JOB_WANTED.meaning() + ".",
                                "short",
                                new Query(JOB_WANTED.id() + of, "{{instance}}")),
                        curves(
                                "Steps of the phase",
                                JOB_STEP.meaning() + ".",
                                "short",
                                new Query(JOB_STEP.id() + of, "done"),
                                new Query(JOB_TOTAL_STEPS.id() + of, "of")),
                        curves(
                                "Jobs of a day by outcome",
                                JOB_DURATION.meaning() + ".",
                                "short",
                                new Query(
                                        "sum by (outcome) (increase(" + JOB_DURATION.id() + "_count" + of + "[1d]))",
                                        "{{outcome}}"),
                                new Query("sum(increase(" + JOB_RETRIES.id() + of + "[1d]))", "tried again")),
                        curves(
                                "Time since a job started, by cause",
                                JOB_LAST_START.meaning() + ".",
                                "s",
                                new Query("time() - (" + JOB_LAST_START.id() + of + " > 0)", "{{cause}}")),
                        curves(
                                "Silence of the job",
                                "Time since the running job last said something of itself.",
                                "s",
                                new Query(
                                        "(time() - " + JOB_PROGRESS_TIMESTAMP.id() + of + ") and on (stage, instance) ("
                                                + JOB_STATE.id() + "{" + label + ",state=\"running\"} == 1)",
                                        "{{instance}}"))));
    }

    private static Row events(String of) {
        return new Row(
                "Events",
                List.of(
                        curves(
                                "Events taken in",
                                EVENTS.meaning() + ".",
                                "suffix:/s",
                                new Query(
                                        "sum by (topic) (rate(" + EVENTS.id() + of + "[$__rate_interval]))",
                                        "{{topic}}")),
                        curves(
                                "Lag",
                                CONSUMER_LAG.meaning() + ".",
                                "short",
                                new Query(CONSUMER_LAG.id() + of, "{{topic}} {{partition}}")),
                        quantiles(EVENT_AGE, of, "Age of events", "s"),
                        curves(
                                "Dead letters and lost records",
                                DEAD_LETTERS.meaning() + ". " + RECORDS_LOST.meaning() + ".",
                                "short",
                                new Query(
                                        "sum by (topic) (increase(" + DEAD_LETTERS.id() + of + "[$__rate_interval]))",
                                        "dead {{topic}}"),
                                new Query(
                                        "sum by (topic) (increase(" + RECORDS_LOST.id() + of + "[$__rate_interval]))",
                                        "lost {{topic}}")),
                        curves(
                                "Broker",
                                BROKER_CONTACT.meaning() + ".",
                                "short",
                                new Query(BROKER_CONTACT.id() + of, "{{instance}}")),
                        curves(
                                "Audit entries lost",
                                AUDIT_LOST.meaning() + ".",
                                "short",
                                new Query("increase(" + AUDIT_LOST.id() + of + "[$__rate_interval])", "{{instance}}")),
                        curves(
                                "Not told to trackers",
                                TRACKING_LOST.meaning() + ".",
                                "short",
                                new Query(
                                        "increase(" + TRACKING_LOST.id() + of + "[$__rate_interval])",
                                        "{{instance}} {{tracker}}"))));
    }

    private static Row machine(String of) {
        String joined = " * on (instance) group_left (stage) " + BUILD_INFO.id() + of;
        return new Row(
                "Machine",
                List.of(
                        curves(
                                "Memory",
                                RESIDENT_MEMORY.meaning() + ". " + NATIVE_MEMORY.meaning() + ".",
                                "bytes",
                                new Query(RESIDENT_MEMORY.id() + of, "resident {{instance}}"),
                                new Query(NATIVE_MEMORY.id() + of, "native {{instance}}"),
                                new Query(
                                        "sum by (instance) (jvm_memory_used_bytes{area=\"heap\"})" + joined,
                                        "heap {{instance}}")),
                        curves(
                                "Processors",
                                "Share of the machine's processors that the service uses.",
                                "percentunit",
                                new Query("process_cpu_usage" + joined, "{{instance}}")),
                        curves(
                                "Time in garbage collection",
                                "Share of the time for which collections have held the service up.",
                                "percentunit",
                                new Query(
                                        "sum by (instance) (rate(jvm_gc_pause_seconds_sum[$__rate_interval]))" + joined,
                                        "{{instance}}")),
                        curves(
                                "Store",
                                STORE_USED.meaning() + ".",
                                "bytes",
                                new Query(STORE_USED.id() + of, "used"),
                                new Query(STORE_QUOTA.id() + of + " > 0", "most"),
                                new Query("increase(" + STORE_REMOVED.id() + of + "[1d])", "deleted in a day")),
                        curves(
                                "Calls",
                                "HTTP requests, by status.",
                                "suffix:/s",
                                new Query(
                                        "sum by (instance, status) (rate(http_server_requests_seconds_count[$__rate_interval]))"
                                                + joined,
                                        "{{status}} {{instance}}")),
                        number(
                                "Version",
                                "Version that runs, and on which Java.",
                                "short",
                                BUILD_INFO.id() + of,
                                "{{version}} on {{java}}")));
    }

    private static Row checkpoints(String of) {
        return new Row(
                "Checkpoints",
                List.of(
                        curves(
                                "Age",
                                CHECKPOINT_TIMESTAMP.meaning() + ".",
                                "s",
                                new Query("time() - (" + CHECKPOINT_TIMESTAMP.id() + of + " > 0)", "{{instance}}")),
                        curves(
                                "Size",
                                CHECKPOINT_SIZE.meaning() + ".",
                                "bytes",
                                new Query(CHECKPOINT_SIZE.id() + of + " > 0", "{{instance}}")),
                        quantiles(CHECKPOINT_SAVE, of, "Time to write", "s"),
                        curves(
                                "Healed and disagreed",
                                HEALING_EVENTS.meaning() + ". " + WORKER_INCIDENTS.meaning() + ".",
                                "short",
                                new Query(
                                        "sum(increase(" + HEALING_EVENTS.id() + of + "[$__rate_interval]))", "healed"),
                                new Query(
                                        "sum(increase(" + WORKER_INCIDENTS.id() + of + "[$__rate_interval]))",
                                        "workers disagree"))));
    }

    private static List<Row> tokenizer(String of) {
        return List.of(new Row(
                "Documents",
                List.of(
                        curves(
                                "Documents by outcome",
                                DOCUMENTS.meaning() + ".",
                                "suffix:/s",
                                new Query(
                                        "sum by (outcome) (rate(" + DOCUMENTS.id() + of + "[$__rate_interval]))",
                                        "{{outcome}}")),
                        curves(
                                "Behind",
                                TOPOLOGY_LAG.meaning() + ".",
                                "short",
                                new Query("sum by (topology) (" + TOPOLOGY_LAG.id() + of + ")", "{{topology}}")),
                        figures(of, "Bytes a token", "bytesPerToken"))));
    }

    private static Row workers(String of, Panel... more) {
        List<Panel> panels = new ArrayList<>(List.of(more));
        panels.add(figures(of, "Goodput", "goodput").only(SEVERAL_WORKERS));
        panels.add(figures(of, "Workers", "workers", "standby", "regroupings").only(SEVERAL_WORKERS));
        panels.add(figures(of, "Share of a step in exchange", "exchangeShare").only(SEVERAL_WORKERS));
        return new Row("Speed", panels);
    }

    private static List<Row> pretrain(String of) {
        return List.of(
                new Row(
                        "Training",
                        List.of(
                                figures(of, "Loss", "loss"),
                                figures(of, "Bits a byte", "validationBitsPerByte", "trainingBitsPerByte"),
                                figures(of, "Generalisation gap", "generalisationGap"),
                                figures(of, "Gradient norm", "gradientNorm"),
                                figures(of, "Learning rate", "learningRate"),
                                figures(of, "Recoveries", "recoveries"))),
                workers(of, figures(of, "Tokens a second", "tokensPerSecond")));
    }

    private static List<Row> sft(String of) {
        return List.of(
                new Row(
                        "Training",
                        List.of(
                                figures(of, "Loss", "loss"),
                                figures(of, "Validation loss", "validationLoss"),
                                figures(of, "Validation accuracy", "validationAccuracy", "validationAnswers"),
                                figures(of, "Gradient norm", "gradientNorm"),
                                figures(of, "Learning rate", "learningRate"))),
                workers(of, figures(of, "Tokens a second", "tokensPerSecond")));
    }

    private static List<Row> reward(String of) {
        return List.of(
                new Row(
                        "Training",
                        List.of(
                                figures(of, "Loss", "loss"),
                                figures(of, "Pair accuracy", "pairAccuracy", "judge/pairAccuracy"),
                                figures(of, "Margin", "margin"),
                                figures(of, "Calibration error and Brier score", "calibrationError", "brier"),
                                figures(of, "Correlation with length", "lengthCorrelation"),
                                figures(
                                        of,
                                        "Pair accuracy by length",
                                        "pairAccuracy/longer",
                                        "pairAccuracy/shorter",
                                        "pairAccuracy/lengthBalanced"),
                                figures(of, "Gradient norm", "gradientNorm"),
                                figures(of, "Learning rate", "learningRate"),
                                figures(of, "Rankings a second", "rankingsPerSecond"))),
                new Row(
                        "Sampling of answers",
                        List.of(
                                figures(of, "Answers a prompt", "answersPerPrompt"),
                                figures(
                                        of,
                                        "Cut or without two answers",
                                        "truncatedAnswers",
                                        "promptsWithoutTwoAnswers"))));
    }

    private static List<Row> rlhf(String of) {
        return List.of(
                new Row(
                        "Objective",
                        List.of(
                                figures(of, "Reward of samples", "objective/scores"),
                                figures(
                                        of,
                                        "Reward with KL, and what KL costs",
                                        "objective/rlhf_reward",
                                        "objective/non_score_reward"),
                                figures(of, "KL", "objective/kl"),
                                figures(of, "Entropy of samples", "objective/entropy"),
                                figures(of, "KL coefficient", "klCoefficient"),
                                figures(of, "Answers: length", "responseLength"),
                                figures(of, "Answers that end", "endRate"),
                                figures(of, "Margin of preferred answers", "rewards/margins")
                                        .only(DPO))),
                new Row(
                        "Updates",
                        List.of(
                                figures(of, "KL of an update", "policy/approxkl_avg"),
                                figures(of, "Clipped", "policy/clipfrac_avg", "val/clipfrac_avg"),
                                figures(of, "Entropy at a token", "policy/entropy_avg"),
                                figures(of, "Policy loss", "loss/policy_avg"),
                                figures(of, "Value loss", "loss/value_avg"),
                                figures(of, "Probability ratio", "val/ratio", "val/ratio_var"),
                                figures(of, "Gradient norm", "policy/gradientNorm"),
                                figures(of, "Gap between sampling and training", "val/sampling_gap"),
                                figures(of, "Episodes a second", "episodesPerSecond"))),
                new Row(
                        "Held-out prompts",
                        List.of(
                                figures(of, "Reward", "heldOut/scores", "heldOut/sftScores"),
                                figures(of, "Judge", "heldOut/judgeScores", "heldOut/sftJudgeScores"),
                                figures(of, "Win rate", "winRate", "winRate/low", "winRate/high"),
                                figures(of, "KL on held-out prompts", "heldOut/kl"),
                                figures(of, "Agreement of judge and reward model", "heldOut/agreement"),
                                figures(of, "Length", "heldOut/responseLength", "heldOut/sftResponseLength"))));
    }

    private static List<Row> inference(String of) {
        return List.of(
                new Row(
                        "Requests",
                        List.of(
                                curves(
                                        "Requests by how they ended",
                                        REQUESTS.meaning() + ".",
                                        "suffix:/s",
                                        new Query(
                                                "sum by (finished_reason) (rate(" + REQUESTS.id() + of
                                                        + "[$__rate_interval]))",
                                                "{{finished_reason}}")),
                                curves(
                                        "Running and waiting",
                                        REQUESTS_RUNNING.meaning() + ". " + REQUESTS_WAITING.meaning() + ".",
                                        "short",
                                        new Query("sum(" + REQUESTS_RUNNING.id() + of + ")", "running"),
                                        new Query("sum(" + REQUESTS_WAITING.id() + of + ")", "waiting"),
                                        new Query("sum(" + SLOTS.id() + of + ")", "slots")),
                                curves(
                                        "Tokens",
                                        PROMPT_TOKENS.meaning() + ".",
                                        "suffix:/s",
                                        new Query(
                                                "sum(rate(" + PROMPT_TOKENS.id() + of + "[$__rate_interval]))", "read"),
                                        new Query(
                                                "sum(rate(" + GENERATION_TOKENS.id() + of + "[$__rate_interval]))",
                                                "written")))),
                new Row(
                        "Times",
                        List.of(
                                quantiles(TIME_TO_FIRST_TOKEN, of, "Time to first token", "s"),
                                quantiles(INTER_TOKEN_LATENCY, of, "Inter-token latency", "s"),
                                quantiles(TIME_PER_OUTPUT_TOKEN, of, "Time per output token", "s"),
                                quantiles(REQUEST_QUEUE_TIME, of, "Queue", "s"),
                                quantiles(REQUEST_PREFILL_TIME, of, "Prefill", "s"),
                                quantiles(REQUEST_DECODE_TIME, of, "Decode", "s"),
                                quantiles(REQUEST_LATENCY, of, "Whole request", "s"),
                                heat(REQUEST_PROMPT_TOKENS, of, "Prompt lengths"),
                                heat(REQUEST_GENERATION_TOKENS, of, "Answer lengths"))),
                new Row(
                        "Models",
                        List.of(
                                curves(
                                                "Models in memory",
                                                MODEL_INFO.meaning() + ".",
                                                "short",
                                                new Query(MODEL_INFO.id() + of, "{{model}} {{run}}"))
                                        .as(Kind.STATES),
                                curves(
                                        "Room for tokens in use",
                                        CACHE_USAGE.meaning() + ".",
                                        "percentunit",
                                        new Query(CACHE_USAGE.id() + of, "{{instance}}")),
                                curves(
                                        "Hits of the prefix cache",
                                        "Share of the prompts' tokens that were not computed again, as a prompt before began alike.",
                                        "percentunit",
                                        new Query(
                                                "sum(rate(" + PREFIX_CACHE_HITS.id() + of
                                                        + "[$__rate_interval])) / sum(rate(" + PREFIX_CACHE_QUERIES.id()
                                                        + of + "[$__rate_interval]))",
                                                "")),
                                curves(
                                        "Models taken into memory",
                                        MODEL_SWAPS.meaning() + ".",
                                        "short",
                                        new Query(
                                                "sum(increase(" + MODEL_SWAPS.id() + of + "[$__rate_interval]))", "")),
                                curves(
                                        "Answers that nobody is shown",
                                        SHADOW_ANSWERS.meaning() + ".",
                                        "short",
                                        new Query(
                                                "sum by (outcome) (increase(" + SHADOW_ANSWERS.id() + of
                                                        + "[$__rate_interval]))",
                                                "{{outcome}}")),
                                quantiles(RETRIEVAL_SEARCH, of, "Search for passages", "s")
                                        .only(RETRIEVAL),
                                curves(
                                                "Index of documents",
                                                RETRIEVAL_LAG.meaning() + ".",
                                                "short",
                                                new Query(RETRIEVAL_PASSAGES.id() + of, "passages"),
                                                new Query(RETRIEVAL_LAG.id() + of, "records behind"))
                                        .only(RETRIEVAL))));
    }

    private static Panel heat(Metric metric, String of, String title) {
        return curves(
                        title,
                        metric.meaning() + ".",
                        "short",
                        new Query(
                                "sum by (le) (increase(" + metric.id() + "_bucket" + of + "[$__rate_interval]))",
                                "{{le}}"))
                .as(Kind.HEAT);
    }
}
