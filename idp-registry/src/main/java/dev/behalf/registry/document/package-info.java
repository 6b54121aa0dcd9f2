/// What the registry says of itself to programs: its API, its events, and the schema of their data. Start reading at
/// [DocumentController].
@NullMarked
package dev.behalf.registry.document;

import org.jspecify.annotations.NullMarked;
