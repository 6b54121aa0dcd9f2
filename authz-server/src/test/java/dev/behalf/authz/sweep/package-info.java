@org.jspecify.annotations.NullMarked
package dev.behalf.authz.sweep;
