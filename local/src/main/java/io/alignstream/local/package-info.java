/**
 * The launcher: {@code ./alignstream} hands over to {@link io.alignstream.local.Alignstream}, one picocli command a class.
 *
 * <p>A {@link io.alignstream.local.Installation} is the built project, a {@link io.alignstream.local.Site} one data folder with
 * its ports. Commands that start or stop processes hold the site's lock; everything that a person should read about a
 * failure travels as a {@link io.alignstream.local.LaunchException}.
 */
@NullMarked
package io.alignstream.local;

import org.jspecify.annotations.NullMarked;
