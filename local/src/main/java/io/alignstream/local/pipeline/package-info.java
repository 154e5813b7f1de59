/**
 * One pass of data through the pipeline, seen from outside: publish events, set the first stage off, follow all stages
 * until the last one has delivered.
 *
 * <p>What is finished is read from the registry topics ({@link io.alignstream.local.pipeline.Registry}, {@link
 * io.alignstream.local.pipeline.Chain}), what is being done from the services' {@code GET /job}. The launcher keeps no list
 * of its own of what was done: kill it at any moment and the next start compares again.
 */
@NullMarked
package io.alignstream.local.pipeline;

import org.jspecify.annotations.NullMarked;
