/** What one run of the demonstration measured: the JSON report and the tables that people read. */
@NullMarked
package io.alignstream.local.report;

import org.jspecify.annotations.NullMarked;
