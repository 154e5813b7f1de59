/** A smaller student of a model: texts out of the topics, pretrain-service's program on them, and its result announced. */
@NullMarked
package io.alignstream.local.command.distil;

import org.jspecify.annotations.NullMarked;
