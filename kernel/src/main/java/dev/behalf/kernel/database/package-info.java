/// PostgreSQL, reached reactively (R2DBC) and prepared by migrations. Start reading at [Database].
@NullMarked
package dev.behalf.kernel.database;

import org.jspecify.annotations.NullMarked;
