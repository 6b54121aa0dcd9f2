/// The pool of connections to upstreams, from inside.
@NullMarked
package dev.behalf.gateway.proxy;

import org.jspecify.annotations.NullMarked;
