/// Who did what with whose account, for what purpose: a chain of entries that shows when one was changed or is
/// missing. Start reading at [AuditLog]. What is not recorded does not happen.
@NullMarked
package dev.behalf.vault.audit;

import org.jspecify.annotations.NullMarked;
