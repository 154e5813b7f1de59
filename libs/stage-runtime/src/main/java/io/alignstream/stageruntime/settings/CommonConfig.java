package io.alignstream.stageruntime.settings;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What every service has to be told, {@code alignstream.*}. */
@ConfigMapping(prefix = "alignstream")
public interface CommonConfig {

    /** Seed of every random choice in training. */
    @WithDefault("1")
    long seed();

    /**
     * Share of instructions, ranked requests and prompts, chosen by what is asked, that is measured on and never learned.
     * The same for every stage, or one would learn what another judges by.
     */
    @WithDefault("0.05")
    @Between(least = "0", greatest = "0.5")
    double heldOutShare();

    /** Where checkpoints lie. */
    Store store();

    /** What is kept of the topics. */
    Views views();

    /** How jobs are run. */
    Job job();

    /** How the service ends. */
    Shutdown shutdown();

    /** How libtorch computes. */
    Torch torch();

    /** How several workers train one run. */
    Workers workers();

    /** What models in training write for people to see. */
    Samples samples();

    /** Settings of the store, {@code alignstream.store.*}. */
    interface Store {

        /** Where checkpoints lie: {@code file:/folder} or {@code s3://bucket/prefix}; the same for every service. */
        URI root();

        /** Folder for local copies of checkpoints of a remote store. */
        @WithDefault("${java.io.tmpdir}/alignstream-store-cache")
        Path cache();

        /**
         * Most that the local copies of a remote store take, in MiB; the one that was asked for longest ago makes room, unless it
         * is in use. 0 for no bound.
         */
        @WithDefault("20480")
        @Between(least = "0", greatest = "1073741824")
        long cacheMebibytes();

        /**
         * Most that the whole store may take, in MiB: before a checkpoint that would exceed it is saved, what nobody needs is
         * deleted, and a run whose checkpoint does not fit even then stops. The same for every service; 0 for no bound.
         */
        @WithDefault("0")
        @Between(least = "0", greatest = "1073741824")
        long quotaMebibytes();

        /** What is kept though nothing that is served was made from it. */
        Retention retention();
    }

    /** Settings of what is kept, {@code alignstream.store.retention.*}; the same for every service. */
    interface Retention {

        /**
         * Newest finished models of each stage that are kept with their weights. Older ones are kept as long as a release that
         * is kept was made from them; of all others the manifest stays.
         */
        @WithDefault("3")
        @Between(least = "1", greatest = "1000000")
        int models();

        /** Newest approved releases of each served name that one can roll back to, kept with all that they were made from. */
        @WithDefault("3")
        @Between(least = "1", greatest = "1000000")
        int releases();

        /** How long the weights or the training state of a model stay when nobody needs them any more. */
        @WithDefault("PT24H")
        @Lasting(least = "PT0S", greatest = "PT87600H")
        Duration grace();

        /** How long the states of a run stay that nobody works on any more and that has no result. */
        @WithDefault("PT720H")
        @Lasting(least = "PT1H", greatest = "PT87600H")
        Duration unfinished();

        /** Newest runs of RLHF whose sampled answers are kept. */
        @WithDefault("10")
        @Between(least = "0", greatest = "1000000")
        int records();
    }

    /** Settings of what is kept of the topics, {@code alignstream.views.*}. */
    interface Views {

        /**
         * Folder that keeps what the services have read of the topics, and the charts of their newest runs, each in a folder of
         * its own; instances of one service need different ones. Without it every start reads the topics from their beginning
         * and shows no charts of the runs before it.
         */
        Optional<Path> folder();
    }

    /** Settings of jobs, {@code alignstream.job.*}. */
    interface Job {

        /** Pauses before a job that failed is tried again; after as many attempts it waits for other inputs. */
        @WithDefault("PT2S,PT10S,PT1M,PT5M")
        List<@Lasting(least = "PT0S", greatest = "PT24H") Duration> backoff();

        /** Longest time that a run waits for events to stop coming; then it begins with those that are there. */
        @WithDefault("PT5M")
        @Lasting(least = "PT0S", greatest = "PT24H")
        Duration longestDebounce();

        /**
         * A training step that takes longer than this, and than twenty times the median of those before it, hangs: the service is not
         * alive any more, so Kubernetes starts it again, and the run goes on from its newest checkpoint. The first steps of a run may
         * take six times as long. PT0S: no step is taken for one that hangs.
         */
        @WithDefault("PT10M")
        @Lasting(least = "PT0S", greatest = "PT24H")
        Duration longestStep();
    }

    /** Settings of the end, {@code alignstream.shutdown.*}. */
    interface Shutdown {

        /** Time that a running job has to store a checkpoint when the service is stopped. */
        @WithDefault("PT20S")
        @Lasting(least = "PT0S", greatest = "PT1H")
        Duration grace();
    }

    /** Settings of what models in training write for people to see, {@code alignstream.samples.*}; they change no weights. */
    interface Samples {

        /** How often in a run it is shown how the model continues its prompts, evenly spread, besides at its beginning; 0: never. */
        @WithDefault("6")
        @Between(least = "0", greatest = "1000")
        int times();

        /** Longest continuation, in tokens. */
        @WithDefault("32")
        @Between(least = "1", greatest = "4096")
        int tokens();

        /**
         * What is continued by a base model and answered by the later ones: at most eight texts, with a comma between two. Without
         * them a stage takes three of the texts that it holds out.
         */
        Optional<List<String>> prompts();
    }

    /** Settings of libtorch, {@code alignstream.torch.*}; read before the service starts, from the JVM's properties. */
    interface Torch {

        /** Threads of one operation; they decide the order in which partial sums are added, so the last bits of weights. */
        @WithDefault("2")
        @Between(least = "1", greatest = "1024")
        int threads();

        /**
         * What computes: cpu, a card by its number (with a libtorch that is a CUDA build), or auto for the first card where
         * libtorch finds one, else the processor.
         */
        @WithDefault("auto")
        @OneOf({"auto", "cpu", "cuda:0", "cuda:1", "cuda:2", "cuda:3", "cuda:4", "cuda:5", "cuda:6", "cuda:7"})
        String device();

        /**
         * The library of fused operators that is loaded instead of their formulas, or, as in images, a folder with one for each
         * level of x86-64, of which the best is taken that the processor can run; a card takes the formulas.
         */
        Optional<Path> operators();
    }

    /** Settings of the workers that train one run together, {@code alignstream.workers.*}. */
    interface Workers {

        /**
         * This machine's address at which the other workers of a run reach this one: the only one that its servers listen at. The
         * default reaches workers of the same machine only.
         */
        @WithDefault("127.0.0.1")
        InetAddress address();

        /**
         * Whether workers may train a run together whose processors or libraries differ: then the weights depend on which of
         * them computed what. Otherwise the later ones are refused.
         */
        @WithDefault("false")
        boolean mixedFingerprints();

        /**
         * Share of the steps in which each worker computes a shard of another one, too, and both are compared: finds a machine that
         * computes wrong without a word. Costs that share of one shard's time for each step.
         */
        @WithDefault("0.001")
        @Between(least = "0", greatest = "1")
        double auditShare();
    }

    /** Longest answer of a model that is sampled, in tokens; unless a stage has one of its own. */
    @WithDefault("24")
    @Between(least = "1", greatest = "65536")
    int maxAnswerTokens();

    /**
     * Share of what a training run is given (conversations, rankings, prompts) that it may set aside, counted with the reason,
     * because the model cannot learn from it: too long, refused by the chat template, of other answers than were asked about.
     * Above it the run ends before it begins. Rankings that tie all answers, and those whose request was withdrawn, are set
     * aside, too, but are no faults and do not count. Unless a stage has its own.
     */
    @WithDefault("0.5")
    @Between(least = "0", greatest = "1")
    double mostSetAside();

    /** Memory, in MiB, for what a training step keeps for its backward pass; unless a stage has its own. */
    @WithDefault("1024")
    @Between(least = "1", greatest = "16777216")
    int activationMebibytes();

    /** Whether the backward pass computes the blocks again instead of keeping them; unless a stage has its own. */
    @WithDefault("false")
    boolean activationCheckpointing();
}
