package io.alignstream.local.chaos;

import io.alignstream.contracts.Stage;
import io.alignstream.local.command.DemoCommand;
import io.alignstream.local.pipeline.EventSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What a trial trains: the sample world with networks too small to learn much, every stage in some seconds. */
public final class TrialWorld {

    static final long SEED = 1;
    private static final int DOCUMENTS = 1_500;

    /** Those that are left without exact duplicates. */
    private static final int CLEAN_DOCUMENTS = 1_487;

    /** All rankings are recorded ones, so what is learned depends on nothing that a trial could move. */
    private static final int RECORDED_RANKINGS = 3_072;

    /** Sequences of a step of pretraining. */
    static final int SEQUENCES = 16;

    /** For every service's JVM: what makes each stage small. */
    public static final List<String> TINY = List.of(
            // Two threads that wait for each other are much slower than one where others want the processors, too.
            "-Dalignstream.torch.threads=1",
            "-Dalignstream.tokenizer.vocabulary-size=600",
            "-Dalignstream.tokenizer.sequence-length=64",
            "-Dalignstream.tokenizer.cleaning.profile=exact",
            "-Dalignstream.pretrain.layers=2",
            "-Dalignstream.pretrain.width=64",
            "-Dalignstream.pretrain.steps=60",
            "-Dalignstream.pretrain.batch-sequences=" + SEQUENCES,
            "-Dalignstream.pretrain.checkpoint-every=10",
            "-Dalignstream.sft.epochs=1",
            "-Dalignstream.sft.checkpoint-every=5",
            "-Dalignstream.reward.training.epochs=1",
            "-Dalignstream.reward.training.depth-share=0.5",
            "-Dalignstream.reward.training.reference-answers=16",
            "-Dalignstream.rlhf.rehearsal.conversations=64",
            "-Dalignstream.rlhf.rehearsal.openings=64",
            "-Dalignstream.rlhf.rehearsal.documents=32",
            "-Dalignstream.rlhf.training.iterations=2",
            "-Dalignstream.rlhf.training.batch-episodes=8",
            "-Dalignstream.rlhf.training.minibatch-episodes=4",
            "-Dalignstream.rlhf.training.critic-warm-up=1",
            "-Dalignstream.rlhf.training.max-answer-tokens=8",
            "-Dalignstream.rlhf.checkpoint-every=1",
            // What so small a model says is chance: this gate lets everything pass.
            "-Dalignstream.rlhf.gate.win-rate=0",
            "-Dalignstream.rlhf.gate.kl=1000",
            "-Dalignstream.rlhf.gate.end-rate=0",
            "-Dalignstream.rlhf.gate.score-gain=-1000",
            "-Dalignstream.rlhf.gate.knowledge-loss=1",
            "-Dalignstream.rlhf.gate.length-ratio=1000");

    /** For every service's JVM in a trial. */
    static final List<String> SETTINGS = Stream.concat(
                    TINY.stream(),
                    Stream.of(
                            // However long publishing is disturbed, the tokenizer learns from all documents.
                            "-Dalignstream.tokenizer.minimum-documents=" + CLEAN_DOCUMENTS,
                            "-Dalignstream.tokenizer.debounce=PT2S",
                            "-Dalignstream.reward.minimum-rankings=" + RECORDED_RANKINGS,
                            "-Dalignstream.reward.sampling.prompts=0"))
            .toList();

    private TrialWorld() {}

    /** The events that {@code stages} need, documents last: all the rest is there when the first stage starts. */
    static List<EventSet<?>> events(Set<Stage> stages) {
        List<EventSet<?>> all = DemoCommand.world(SEED, DOCUMENTS);
        return stages.contains(Stage.SFT) ? all : List.of(all.getLast());
    }
}
