/// The vault's pages for people: [View]s rendered by [Pages], in their language, without any script.
@NullMarked
package dev.behalf.vault.page;

import org.jspecify.annotations.NullMarked;
