/// Who is signed in at the vault's pages in which browser. Start reading at [Sessions].
@NullMarked
package dev.behalf.vault.session;

import org.jspecify.annotations.NullMarked;
