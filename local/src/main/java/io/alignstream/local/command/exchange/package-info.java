/** {@code ./alignstream instructions} and {@code rankings}: from and for other programs. */
@NullMarked
package io.alignstream.local.command.exchange;

import org.jspecify.annotations.NullMarked;
