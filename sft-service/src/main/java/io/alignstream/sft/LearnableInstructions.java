package io.alignstream.sft;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.split.GatePrompts;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run may learn: all instructions, without those that ask what a prompt for the gate asks, whoever published them and
 * under whatever id.
 *
 * @param leftOut how many ask what is held out
 */
record LearnableInstructions(List<Instruction> instructions, int leftOut) {

    private static final Logger LOG = LoggerFactory.getLogger(LearnableInstructions.class);

    static LearnableInstructions of(Collection<Instruction> instructions, Collection<Prompt> prompts) {
        GatePrompts gate = GatePrompts.of(prompts);
        List<Instruction> learnable = instructions.stream()
                .filter(instruction -> !gate.areAskedBy(instruction.messages()))
                .toList();
        int leftOut = instructions.size() - learnable.size();
        if (leftOut > 0) {
            LOG.atWarn()
                    .addKeyValue("instructions", leftOut)
                    .log("Left out instructions that ask what is held out for the gate");
        }
        return new LearnableInstructions(learnable, leftOut);
    }
}
