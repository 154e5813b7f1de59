package io.alignstream.rlhf;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.training.dataset.PromptSplit;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The prompts of a run, divided so that the gate asks nothing that a parent has learned.
 *
 * <p>A prompt may be held out for the gate after the SFT model or the reward model was trained, and the shares that stages
 * hold out may differ. What a parent has learned by then is no question for the gate any more.
 *
 * @param asked what people hold out for the gate
 */
record GateSplit(PromptSplit prompts, GatePrompts asked) {

    /**
     * Divides {@code prompts}; what is left out of the gate stands in the job's status.
     *
     * @param share that is held out where nobody has tagged any
     * @throws InvalidInputException if the parents have learned all that people hold out
     */
    static GateSplit of(JobContext context, List<Prompt> prompts, double share, Manifest sft, Manifest reward) {
        List<Prompt> late = lateOnes(context, prompts, sft, reward);
        GatePrompts learned = late.isEmpty()
                ? GatePrompts.NONE
                : learned(context, Topic.INSTRUCTIONS, sft, Instruction::messages, late)
                        .and(learned(context, Topic.RANKING_REQUESTS, reward, RankingRequest::messages, late));
        List<Prompt> unlearned = prompts.stream()
                .filter(prompt -> !HeldOut.isTagged(prompt.tags()) || !learned.areAskedBy(prompt.messages()))
                .toList();
        int leftOut = prompts.size() - unlearned.size();
        if (leftOut > 0) {
            Reason reason = Reason.of("rlhf.heldOutLate").with("prompts", leftOut);
            if (unlearned.stream().noneMatch(prompt -> HeldOut.isTagged(prompt.tags()))) {
                throw new InvalidInputException(reason);
            }
            context.healed(reason);
        }
        double common = Math.min(share, Math.min(share(sft, "heldOutShare", share), share(reward, "heldOut", share)));
        return new GateSplit(PromptSplit.of(unlearned, common), GatePrompts.of(prompts));
    }

    private static double share(Manifest parent, String hyperparameter, double otherwise) {
        String share = parent.hyperparameters().get(hyperparameter);
        return share == null ? otherwise : Double.parseDouble(share);
    }

    /** Held out by people now, but not when both parents were trained. */
    private static List<Prompt> lateOnes(JobContext context, List<Prompt> prompts, Manifest sft, Manifest reward) {
        List<Prompt> tagged = prompts.stream()
                .filter(prompt -> HeldOut.isTagged(prompt.tags()))
                .toList();
        if (tagged.isEmpty()) {
            return List.of();
        }
        GatePrompts then = asked(context, sft);
        GatePrompts later = asked(context, reward);
        return tagged.stream()
                .filter(prompt -> !then.areAskedBy(prompt.messages()) || !later.areAskedBy(prompt.messages()))
                .toList();
    }

    private static GatePrompts asked(JobContext context, Manifest parent) {
        return TrainedOn.snapshot(Topic.PROMPTS, parent)
                .map(snapshot -> GatePrompts.of(
                        context.readNewest(Topic.PROMPTS, snapshot).values()))
                .orElse(GatePrompts.NONE);
    }

    private static <T> GatePrompts learned(
            JobContext context,
            Topic<T> topic,
            Manifest parent,
            Function<T, List<Message>> messages,
            Collection<Prompt> late) {
        Optional<DatasetSnapshot> snapshot = TrainedOn.snapshot(topic, parent);
        GatePrompts asked = GatePrompts.all(late);
        return snapshot.map(seen -> context.readNewest(topic, seen)).orElseGet(LinkedHashMap::new).values().stream()
                .map(event -> asked.askedBy(messages.apply(event)))
                .reduce(GatePrompts.NONE, GatePrompts::and);
    }
}
