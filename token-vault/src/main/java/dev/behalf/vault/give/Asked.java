package dev.behalf.vault.give;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.audit.AuditAction;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What an agent asks for.
///
/// @param use        what becomes of the token
/// @param user       `sub` of its token
/// @param agent      its client id
/// @param provider   such as `github`
/// @param connection which of the user's accounts there; null: the one that the agent may use
/// @param scopes     that the token must have; empty: whatever it has
/// @param purpose    what for, in the agent's words, for the user to read later
/// @param requestId  of its request
record Asked(
        Use use,
        String user,
        String agent,
        String provider,
        @Nullable UUID connection,
        Set<String> scopes,
        @Nullable String purpose,
        @Nullable String requestId) {

    /// What becomes of the token.
    enum Use {
        /// The agent has it.
        READ(AuditAction.TOKEN_READ),
        /// The gateway puts it into a call of the agent's, which never sees it.
        INJECT(AuditAction.TOKEN_INJECTED);

        private final AuditAction action;

        Use(AuditAction action) {
            this.action = action;
        }

        AuditAction action() {
            return action;
        }
    }

    private static final int MOST_SCOPES = 50;
    private static final int LONGEST = 500;

    Asked {
        scopes = Set.copyOf(scopes);
        if (scopes.size() > MOST_SCOPES) {
            throw ProblemException.badRequest("scopes must be " + MOST_SCOPES + " at most");
        }
        if (purpose != null && purpose.length() > LONGEST) {
            throw ProblemException.badRequest("purpose must have " + LONGEST + " characters at most");
        }
    }
}
