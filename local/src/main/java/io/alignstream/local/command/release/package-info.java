/** What goes out: verdicts on candidates, what is told and measured of them, and models for other programs. */
@NullMarked
package io.alignstream.local.command.release;

import org.jspecify.annotations.NullMarked;
