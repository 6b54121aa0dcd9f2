/// Grants and revocations told to others: kept in the transactions that make them ([GrantEvents]), published to
/// Kafka ([GrantPublication]), and shown whole to services ([RevocationsController]).
@NullMarked
package dev.behalf.authz.event;

import org.jspecify.annotations.NullMarked;
