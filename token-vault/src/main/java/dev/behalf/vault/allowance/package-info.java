/// Which agents may use which connections: what their users said, until when, and for which scopes. Nothing
/// outside touches the table.
@NullMarked
package dev.behalf.vault.allowance;

import org.jspecify.annotations.NullMarked;
