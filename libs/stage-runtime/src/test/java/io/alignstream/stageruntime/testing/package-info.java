/** What the services' tests share: a real broker and a hand on its topics. */
@NullMarked
package io.alignstream.stageruntime.testing;

import org.jspecify.annotations.NullMarked;
