/** Token batches as training takes them: in their order, each once, from the broker or from memory, shuffled. */
@NullMarked
package io.alignstream.pretrain.data;

import org.jspecify.annotations.NullMarked;
