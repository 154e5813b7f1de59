/** {@code ./alignstream lessons}: small real runs to learn from, each with a page. */
@NullMarked
package io.alignstream.local.command.lessons;

import org.jspecify.annotations.NullMarked;
