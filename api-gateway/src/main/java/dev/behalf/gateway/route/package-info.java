/// Where requests go, as data: a YAML file, read again when it changes. Start reading at [RouteTable].
@NullMarked
package dev.behalf.gateway.route;

import org.jspecify.annotations.NullMarked;
