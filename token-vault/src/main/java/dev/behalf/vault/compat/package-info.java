/// The three calls that the identity module of Agent Runtimes makes to its backend, with the bodies that it
/// sends and expects; what it keeps in a browser is kept here. Start reading at [IdentityController].
@NullMarked
package dev.behalf.vault.compat;

import org.jspecify.annotations.NullMarked;
