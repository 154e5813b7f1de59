package io.alignstream.training.workers;

/**
 * Two workers have computed one shard of a step and come to different gradients: one of their machines is wrong.
 *
 * @param shard from 0
 * @param owner whose shard it was
 * @param owners sha256 of what the owner came to, which is what is learned from
 * @param auditor who computed it again
 * @param auditors sha256 of what the auditor came to
 */
public record Disagreement(int shard, Member owner, String owners, Member auditor, String auditors) {}
