/** What a stage shows of itself over HTTP: job control, health and the dashboard. */
@NullMarked
package io.alignstream.stageruntime.web;

import org.jspecify.annotations.NullMarked;
