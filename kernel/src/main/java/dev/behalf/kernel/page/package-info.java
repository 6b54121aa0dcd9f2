/// What the services' pages for people have in common: how they look, in which language they speak, the cookies
/// and headers that keep others out, and the forms that come back.
@NullMarked
package dev.behalf.kernel.page;

import org.jspecify.annotations.NullMarked;
