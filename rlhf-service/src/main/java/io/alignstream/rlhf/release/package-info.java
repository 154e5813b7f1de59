/**
 * What people see of releases and decide about them: the gate's verdict is the first on a candidate, a person's may follow.
 *
 * <p>{@link io.alignstream.rlhf.release.Releases} knows the newest verdict on each candidate,
 * {@link io.alignstream.rlhf.release.ReleaseDecision} which may follow, {@link io.alignstream.rlhf.release.ReleasesResource}
 * publishes a person's.
 */
@NullMarked
package io.alignstream.rlhf.release;

import org.jspecify.annotations.NullMarked;
