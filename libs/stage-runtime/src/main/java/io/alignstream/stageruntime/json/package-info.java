/** JSON as services read and write it: bounded, and with reasons that say what they mean. */
@NullMarked
package io.alignstream.stageruntime.json;

import org.jspecify.annotations.NullMarked;
