/** What pretraining learns: to go on with texts, or to fill blanks. */
@NullMarked
package io.alignstream.contracts.objective;

import org.jspecify.annotations.NullMarked;
