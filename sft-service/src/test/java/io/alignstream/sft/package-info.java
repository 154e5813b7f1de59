@NullMarked
package io.alignstream.sft;

import org.jspecify.annotations.NullMarked;
