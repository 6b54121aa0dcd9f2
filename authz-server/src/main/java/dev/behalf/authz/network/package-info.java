/// Where requests come from ([Network]), and how much each place may ask ([Allowances]).
@NullMarked
package dev.behalf.authz.network;

import org.jspecify.annotations.NullMarked;
