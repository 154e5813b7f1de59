/**
 * Processes that compute one thing together: libtorch's process groups (c10d over Gloo), reached through an optional library
 * of C++ (see {@code src/main/cpp/collective}).
 *
 * <p>Whoever forms a group runs a {@link io.alignstream.languagemodel.collective.RendezvousServer}; its members meet there by
 * a {@link io.alignstream.languagemodel.collective.Rendezvous} of a secret name and become a
 * {@link io.alignstream.languagemodel.collective.ProcessGroup}, which knows the sum that does not depend on their number. A
 * group fails as a whole and at once; the members that are left form a new one.
 *
 * <p>Nothing is encrypted, and whoever knows a name can join: the network between members is to be closed to others.
 */
@NullMarked
package io.alignstream.languagemodel.collective;

import org.jspecify.annotations.NullMarked;
