/** A conversation at the terminal: what was said, how answers are drawn, and the commands that change both. */
@NullMarked
package io.alignstream.local.chat;

import org.jspecify.annotations.NullMarked;
