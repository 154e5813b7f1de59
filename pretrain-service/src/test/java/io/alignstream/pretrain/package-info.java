@NullMarked
package io.alignstream.pretrain;

import org.jspecify.annotations.NullMarked;
