/** The command about what could not be processed. */
@NullMarked
package io.alignstream.local.command.letters;

import org.jspecify.annotations.NullMarked;
