/// Gives an agent the access token of its user's connection, if the user lets it, or says what the user has to
/// do; and the gateway, for a call that an agent makes. No token is given that is not in the audit log. Start
/// reading at [Giving].
@NullMarked
package dev.behalf.vault.give;

import org.jspecify.annotations.NullMarked;
