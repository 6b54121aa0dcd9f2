/// The services at which users have accounts, and how each differs from the standards, as data. Start reading
/// at [Catalogue]; the built-in definitions are in `token-vault/providers/` of the resources.
@NullMarked
package dev.behalf.vault.provider;

import org.jspecify.annotations.NullMarked;
