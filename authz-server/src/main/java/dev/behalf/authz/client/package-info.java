/// The clients that may ask for tokens: configured ones, each a service of the suite or an operator's tool.
@NullMarked
package dev.behalf.authz.client;

import org.jspecify.annotations.NullMarked;
