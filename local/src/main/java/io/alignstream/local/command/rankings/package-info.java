/** {@code ./alignstream rankings}. */
@NullMarked
package io.alignstream.local.command.rankings;

import org.jspecify.annotations.NullMarked;
