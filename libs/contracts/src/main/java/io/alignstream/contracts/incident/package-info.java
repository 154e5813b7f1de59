/** What should never happen, and did. */
@NullMarked
package io.alignstream.contracts.incident;

import org.jspecify.annotations.NullMarked;
