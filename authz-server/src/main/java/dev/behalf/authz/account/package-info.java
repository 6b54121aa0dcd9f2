/// The people who can sign in. Start reading at [Accounts]. Nothing outside touches the account tables.
@NullMarked
package dev.behalf.authz.account;

import org.jspecify.annotations.NullMarked;
