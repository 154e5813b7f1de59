/**
 * What a service can be told, and what happens when it is told nonsense.
 *
 * <p>Every setting stands once, as a method of a {@code …Config} interface: its Javadoc is its meaning, {@code
 * WithDefault} its default, the constraints of this package its range. From there come the checks at start, {@code
 * ./alignstream settings} and docs/settings.md.
 *
 * <p>A service checks all settings before anything else of it starts: SmallRye Config converts them, Hibernate Validator
 * holds them against their ranges, {@link io.alignstream.stageruntime.settings.SettingNames} looks for names that are
 * none. {@link io.alignstream.stageruntime.settings.ServiceProgram} prints what is wrong, one line for each, and ends.
 */
@NullMarked
package io.alignstream.stageruntime.settings;

import org.jspecify.annotations.NullMarked;
