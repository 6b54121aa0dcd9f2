/// Identity providers: whose tokens the suite accepts, and how users are named in them.
/// Start reading at [ProviderController]. Nothing outside this package touches the provider table.
@NullMarked
package dev.behalf.registry.provider;

import org.jspecify.annotations.NullMarked;
