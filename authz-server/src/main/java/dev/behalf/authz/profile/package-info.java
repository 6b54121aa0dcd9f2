/// What a person sees of their own account, and changes there. Start reading at [ProfileController].
@NullMarked
package dev.behalf.authz.profile;

import org.jspecify.annotations.NullMarked;
