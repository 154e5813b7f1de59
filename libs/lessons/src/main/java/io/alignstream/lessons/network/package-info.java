/** Networks from the history of language models, and the encoder-decoder: TorchScript text, differentiated by autograd. */
@NullMarked
package io.alignstream.lessons.network;

import org.jspecify.annotations.NullMarked;
