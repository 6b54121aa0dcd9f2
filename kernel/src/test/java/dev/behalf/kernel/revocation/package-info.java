@org.jspecify.annotations.NullMarked
package dev.behalf.kernel.revocation;
