@NullMarked
package dev.behalf.authz.client;

import org.jspecify.annotations.NullMarked;
