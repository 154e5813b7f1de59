/**
 * Where a launch happens and how it talks: {@link io.alignstream.local.site.Installation} is the built project, {@link
 * io.alignstream.local.site.Site} one data folder with its ports, {@link io.alignstream.local.site.Console} a person's
 * terminal or a log. Everything that a person should read about a failure travels as a {@link
 * io.alignstream.local.site.LaunchException}.
 *
 * <p>All other packages of the launcher build on this one. Its types are immutable, but for the console, which is
 * thread-safe, and the lock.
 */
@NullMarked
package io.alignstream.local.site;

import org.jspecify.annotations.NullMarked;
