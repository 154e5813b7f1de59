/** What the services' tests share: a real broker, a hand on its topics, a store and settings of their own. */
@NullMarked
package io.alignstream.stageruntime.testing;

import org.jspecify.annotations.NullMarked;
