package io.alignstream.local.pipeline;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TrainedTokenizer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The newest artefacts that were made from each other: the newest tokenizer, the newest base model made with it, the
 * newest SFT model made from that base model, and so on; none that is stale. Immutable.
 *
 * @param delivered what each stage up to rlhf has delivered on the newest parents, with the time of delivery
 * @param notPromoted the newest reward model, if it is worse than the one in use and none is in use for this SFT model
 * @param release the newest verdict on the aligned model
 */
public record Chain(
        Optional<Registry.Entry<TrainedTokenizer>> tokenizer,
        Map<Stage, Registry.Entry<Checkpoint>> delivered,
        Optional<Checkpoint> notPromoted,
        Optional<Registry.Entry<ModelRelease>> release) {

    /**
     * The chain as {@code registry} knows it now.
     *
     * @param stale for a stage: the offset of its artefact that lacks new inputs; only later ones count
     */
    public static Chain of(Registry registry, Map<Stage, Long> stale) {
        Map<Stage, Registry.Entry<Checkpoint>> delivered = new EnumMap<>(Stage.class);
        Optional<Registry.Entry<TrainedTokenizer>> tokenizer =
                registry.newestTokenizer().filter(entry -> isFresh(Stage.TOKENIZER, entry, stale));
        tokenizer
                .flatMap(entry -> registry.newestCheckpoint(
                        Stage.PRETRAIN,
                        base -> isFresh(Stage.PRETRAIN, base, stale)
                                && isParent("tokenizer", entry.event().reference(), base.event())))
                .ifPresent(entry -> delivered.put(Stage.PRETRAIN, entry));
        find(registry, stale, delivered, Stage.SFT, Stage.PRETRAIN);
        find(registry, stale, delivered, Stage.REWARD, Stage.SFT);
        find(registry, stale, delivered, Stage.RLHF, Stage.SFT, Stage.REWARD);
        Optional<Registry.Entry<ModelRelease>> release = Optional.ofNullable(delivered.get(Stage.RLHF))
                .flatMap(aligned ->
                        registry.newestRelease(aligned.event().reference().sha256()));
        return new Chain(tokenizer, Map.copyOf(delivered), notPromoted(registry, stale, delivered), release);
    }

    private static Optional<Checkpoint> notPromoted(
            Registry registry, Map<Stage, Long> stale, Map<Stage, Registry.Entry<Checkpoint>> delivered) {
        Registry.Entry<Checkpoint> sft = delivered.get(Stage.SFT);
        if (sft == null || delivered.containsKey(Stage.REWARD)) {
            return Optional.empty();
        }
        return registry.newestCheckpoint(
                        Stage.REWARD,
                        candidate -> isFresh(Stage.REWARD, candidate, stale)
                                && isParent(Stage.SFT.model(), sft.event().reference(), candidate.event()))
                .map(Registry.Entry::event)
                .filter(checkpoint -> !checkpoint.promoted());
    }

    private static void find(
            Registry registry,
            Map<Stage, Long> stale,
            Map<Stage, Registry.Entry<Checkpoint>> delivered,
            Stage stage,
            Stage... parents) {
        Map<String, Reference> wanted = new HashMap<>();
        for (Stage parent : parents) {
            Registry.Entry<Checkpoint> entry = delivered.get(parent);
            if (entry == null) {
                return;
            }
            wanted.put(parent.model(), entry.event().reference());
        }
        registry.newestCheckpoint(
                        stage,
                        candidate -> isFresh(stage, candidate, stale)
                                && candidate.event().promoted()
                                && wanted.entrySet().stream()
                                        .allMatch(parent ->
                                                isParent(parent.getKey(), parent.getValue(), candidate.event())))
                .ifPresent(entry -> delivered.put(stage, entry));
    }

    private static boolean isFresh(Stage stage, Registry.Entry<?> entry, Map<Stage, Long> stale) {
        return entry.offset() > stale.getOrDefault(stage, -1L);
    }

    private static boolean isParent(String role, Reference reference, Checkpoint checkpoint) {
        Reference parent = checkpoint.parents().get(role);
        return parent != null && parent.sha256().equals(reference.sha256());
    }

    /** The newest artefact of {@code stage}; for inference the approved release. */
    public Optional<Reference> reference(Stage stage) {
        return switch (stage) {
            case TOKENIZER -> tokenizer.map(entry -> entry.event().reference());
            case INFERENCE -> approved().map(ModelRelease::reference);
            case PRETRAIN, SFT, REWARD, RLHF ->
                Optional.ofNullable(delivered.get(stage))
                        .map(entry -> entry.event().reference());
        };
    }

    /** When the newest artefact of {@code stage} was delivered, in milliseconds since the epoch. */
    public Optional<Long> deliveredAt(Stage stage) {
        return switch (stage) {
            case TOKENIZER -> tokenizer.map(Registry.Entry::timestamp);
            case INFERENCE -> release.map(Registry.Entry::timestamp);
            case PRETRAIN, SFT, REWARD, RLHF ->
                Optional.ofNullable(delivered.get(stage)).map(Registry.Entry::timestamp);
        };
    }

    /** The release that may be served. */
    public Optional<ModelRelease> approved() {
        return release.map(Registry.Entry::event).filter(event -> event.verdict() == ModelRelease.Verdict.APPROVED);
    }

    /** The release that may not be served. */
    public Optional<ModelRelease> refused() {
        return release.map(Registry.Entry::event).filter(event -> event.verdict() != ModelRelease.Verdict.APPROVED);
    }
}
