/** The pipeline while everything around it fails: what is lost, doubled or other than without a disturbance? */
@NullMarked
package io.alignstream.local.chaos;

import org.jspecify.annotations.NullMarked;
