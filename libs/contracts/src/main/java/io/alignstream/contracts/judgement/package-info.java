/** What people judge answers by. */
@NullMarked
package io.alignstream.contracts.judgement;

import org.jspecify.annotations.NullMarked;
