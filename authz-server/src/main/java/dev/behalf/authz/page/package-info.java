/// The pages that people see: [View]s rendered by [Pages], in their language, without any script.
@NullMarked
package dev.behalf.authz.page;

import org.jspecify.annotations.NullMarked;
