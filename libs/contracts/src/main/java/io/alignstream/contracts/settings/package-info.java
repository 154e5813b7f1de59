/**
 * What can be set: the name of every setting with its meaning, range and default, for whoever prints them or finds a
 * name that is none.
 *
 * <p>The settings themselves are declared in the services' {@code …Config} interfaces; {@code settings.json} is generated
 * from those, and a test fails when it no longer says the same. So the launcher, which knows no service, knows their
 * settings, and every service those of the others.
 */
@NullMarked
package io.alignstream.contracts.settings;

import org.jspecify.annotations.NullMarked;
