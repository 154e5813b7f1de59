/**
 * Who comes in, and what was done.
 *
 * <p>A request meets, in this order: {@link io.alignstream.stageruntime.access.Gate}, which refuses what is addressed to
 * another host or comes from a page of another origin; the mechanisms that find out who calls, {@link
 * io.alignstream.stageruntime.access.KeyMechanism} and Quarkus' one for OpenID Connect; the gate again, which lets nobody
 * pass who is not known; and the role that each route declares where it stands ({@code @RolesAllowed}), without which it is
 * closed. What changes something and what is refused goes to the topic {@code audit-log}.
 */
@NullMarked
package io.alignstream.stageruntime.access;

import org.jspecify.annotations.NullMarked;
