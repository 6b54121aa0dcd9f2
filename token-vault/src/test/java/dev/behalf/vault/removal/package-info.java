@org.jspecify.annotations.NullMarked
package dev.behalf.vault.removal;
