/** The command about who may come in. */
@NullMarked
package io.alignstream.local.command.access;

import org.jspecify.annotations.NullMarked;
