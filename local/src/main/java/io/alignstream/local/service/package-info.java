/** The six services as processes: how they are started and what the launcher asks them over HTTP. */
@NullMarked
package io.alignstream.local.service;

import org.jspecify.annotations.NullMarked;
