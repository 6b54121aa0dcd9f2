/// What users do with their connections: see them, end them, and say which agents may use them.
@NullMarked
package dev.behalf.vault.account;

import org.jspecify.annotations.NullMarked;
