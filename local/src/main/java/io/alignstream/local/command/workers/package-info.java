/** How many processes train a model together, changed while they do. */
@NullMarked
package io.alignstream.local.command.workers;

import org.jspecify.annotations.NullMarked;
