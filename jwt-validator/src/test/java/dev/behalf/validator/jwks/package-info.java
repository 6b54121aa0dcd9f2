@org.jspecify.annotations.NullMarked
package dev.behalf.validator.jwks;
