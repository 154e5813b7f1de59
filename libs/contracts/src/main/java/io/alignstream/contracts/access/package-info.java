/** Who may do what: the roles, the file of API keys, and the log of what was done and refused. */
@NullMarked
package io.alignstream.contracts.access;

import org.jspecify.annotations.NullMarked;
