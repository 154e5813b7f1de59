/** Who may do what at the brokers, and what it means to be refused there. */
@NullMarked
package io.alignstream.contracts.rights;

import org.jspecify.annotations.NullMarked;
