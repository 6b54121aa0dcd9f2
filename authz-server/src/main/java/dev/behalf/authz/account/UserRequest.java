package dev.behalf.authz.account;

import dev.behalf.kernel.problem.ProblemException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What an operator says of an account. A member that is left out stays as it is; one that is null goes away.
///
/// @param said the members that the request has
record UserRequest(
        Set<String> said,
        @Nullable String username,
        @Nullable String name,
        @Nullable String email,
        @Nullable Boolean emailVerified,
        @Nullable Boolean disabled,
        @Nullable Password password) {

    private static final int MAX_TEXT = 255;
    private static final Set<String> NEW = Set.of("username", "name", "email", "emailVerified", "password");
    private static final Set<String> CHANGE = Set.of("name", "email", "emailVerified", "disabled");

    UserRequest {
        said = Set.copyOf(said);
    }

    /// @throws ProblemException 400 that names the member
    static UserRequest toCreate(Map<String, @Nullable Object> json) {
        var request = parse(json, NEW);
        if (request.username == null) {
            throw ProblemException.badRequest("username is required");
        }
        var fault = request.password == null ? null : request.password.fault(request.username);
        if (fault != null) {
            throw ProblemException.badRequest(
                    switch (fault) {
                        case "password.short" -> "password must have at least " + Password.MIN_LENGTH + " characters";
                        case "password.long" -> "password must have at most " + Password.MAX_LENGTH + " characters";
                        default -> "password is too easy to guess";
                    });
        }
        return request;
    }

    /// @throws ProblemException 400 that names the member
    static UserRequest toChange(Map<String, @Nullable Object> json) {
        return parse(json, CHANGE);
    }

    boolean isEmailVerified() {
        return Boolean.TRUE.equals(emailVerified);
    }

    /// An address that changes is not verified until somebody says so.
    Account changed(Account before) {
        var address = said.contains("email") ? email : before.email();
        boolean same = java.util.Objects.equals(address, before.email());
        boolean verified = emailVerified == null ? same && before.emailVerified() : emailVerified;
        return new Account(
                before.id(),
                before.username(),
                said.contains("name") ? name : before.name(),
                address,
                address != null && verified,
                disabled == null ? before.disabled() : disabled,
                before.createdAt());
    }

    private static UserRequest parse(Map<String, @Nullable Object> json, Set<String> known) {
        var unknown = new HashSet<>(json.keySet());
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            throw ProblemException.badRequest(
                    "only " + String.join(", ", known.stream().sorted().toList()) + " can be given");
        }
        var username = text(json, "username");
        if (username != null && !Usernames.isPossible(username)) {
            throw ProblemException.badRequest("username must have at most " + Usernames.MAX_LENGTH
                    + " visible characters, none of them a blank at an end");
        }
        var email = text(json, "email");
        if (email != null && !email.matches("[^@\\s]+@[^@\\s]+")) {
            throw ProblemException.badRequest("email must be an e-mail address");
        }
        return new UserRequest(
                json.keySet(),
                username,
                text(json, "name"),
                email,
                flag(json, "emailVerified"),
                flag(json, "disabled"),
                json.get("password") instanceof String password ? Password.of(password) : none(json, "password"));
    }

    private static @Nullable Password none(Map<String, @Nullable Object> json, String member) {
        if (json.get(member) != null) {
            throw ProblemException.badRequest(member + " must be a string");
        }
        return null;
    }

    private static @Nullable String text(Map<String, @Nullable Object> json, String member) {
        return switch (json.get(member)) {
            case null -> null;
            case String text
            when !text.isBlank() && text.length() <= MAX_TEXT && text.chars().noneMatch(Character::isISOControl) ->
                text;
            default ->
                throw ProblemException.badRequest(
                        member + " must be a string of at most " + MAX_TEXT + " printable characters");
        };
    }

    private static @Nullable Boolean flag(Map<String, @Nullable Object> json, String member) {
        return switch (json.get(member)) {
            case null -> null;
            case Boolean flag -> flag;
            default -> throw ProblemException.badRequest(member + " must be true or false");
        };
    }
}
