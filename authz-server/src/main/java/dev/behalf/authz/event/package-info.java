/// Grants and revocations told to others: kept in the transactions that make them ([GrantEvents]).
@NullMarked
package dev.behalf.authz.event;

import org.jspecify.annotations.NullMarked;
