/// What people do at the vault's pages.
@org.jspecify.annotations.NullMarked
package dev.behalf.vault.people;
