/// How a service starts: the same way alone, in a container, and beside the others in one process.
@NullMarked
package dev.behalf.kernel.service;

import org.jspecify.annotations.NullMarked;
