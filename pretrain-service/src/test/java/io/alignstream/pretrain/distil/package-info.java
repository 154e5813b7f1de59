@NullMarked
package io.alignstream.pretrain.distil;

import org.jspecify.annotations.NullMarked;
