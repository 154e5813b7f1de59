/**
 * The commands of {@code ./alignstream}, one a class, and the options that they share.
 *
 * <p>A command that starts or stops processes does so through a {@link io.alignstream.local.command.LocalCluster}, which
 * holds the site's lock. Commands are made anew for each call and are for its thread.
 */
@NullMarked
package io.alignstream.local.command;

import org.jspecify.annotations.NullMarked;
