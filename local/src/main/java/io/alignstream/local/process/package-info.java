/**
 * Processes of the operating system that outlive the launcher: started in sessions of their own, remembered in one
 * file each, found again by process id and start time, stopped by SIGTERM and, after a grace time, SIGKILL.
 */
@NullMarked
package io.alignstream.local.process;

import org.jspecify.annotations.NullMarked;
