/** What of the store nobody needs: shown, deleted. */
@NullMarked
package io.alignstream.local.command.store;

import org.jspecify.annotations.NullMarked;
