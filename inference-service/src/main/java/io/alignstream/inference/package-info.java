/**
 * Serves the newest approved release: the OpenAI chat API, a chat page, and their users' feedback.
 *
 * <p>{@link io.alignstream.inference.InferenceStage} follows {@code model-releases} and asks for a {@link
 * io.alignstream.inference.LoadJob}, which loads a release and checks it before {@link io.alignstream.inference.ServedModel}
 * swaps it in. {@link io.alignstream.inference.Versions} says which release a model name stands for. Each request holds a
 * share of the model that it started on; a model is freed when its last request is over.
 */
@NullMarked
package io.alignstream.inference;

import org.jspecify.annotations.NullMarked;
