/** What could not be processed: each record with its reason in a topic of its own, looked at on the page and replayed from there. */
@NullMarked
package io.alignstream.stageruntime.letters;

import org.jspecify.annotations.NullMarked;
