/**
 * The launcher: {@code ./alignstream} hands over to {@link io.alignstream.local.Alignstream}, which knows the commands and
 * how a failure is told.
 */
@NullMarked
package io.alignstream.local;

import org.jspecify.annotations.NullMarked;
