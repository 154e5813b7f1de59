/**
 * Serves the newest approved release: the OpenAI chat API, a chat page, and their users' feedback.
 *
 * <p>{@link io.alignstream.inference.InferenceStage} follows {@code model-releases} and asks for a {@link
 * io.alignstream.inference.LoadJob}, which loads, checks and warms the model up before {@link
 * io.alignstream.inference.ServedModel} swaps it in. Each request holds a share of the model that it started on; the old
 * model is freed when its last request is over. {@link io.alignstream.inference.InferenceLoop} writes an answer token by
 * token, {@link io.alignstream.inference.Generations} bounds how many do so at once.
 */
@NullMarked
package io.alignstream.inference;

import org.jspecify.annotations.NullMarked;
