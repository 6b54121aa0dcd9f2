package dev.behalf.local;

import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// Alice and Bob, who have accounts at the authorization server of a local stack. Their passwords are random,
/// and the owner of the stack's folder alone can read them.
final class DemoPeople {

    private static final List<String> NAMES = List.of("alice", "bob");
    private static final String DOMAIN = "@example.com";

    private DemoPeople() {}

    /// The user name of one of them, who may be called by the first name.
    ///
    /// @throws Refused when it is somebody else
    static String username(String name) {
        var first = name.endsWith(DOMAIN) ? name.substring(0, name.length() - DOMAIN.length()) : name;
        if (!NAMES.contains(first)) {
            throw new Refused("the demo users are " + String.join(" and ", NAMES) + "; whoever was made with"
                    + " ./behalf user create set a password at the address that it printed");
        }
        return first + DOMAIN;
    }

    /// @throws Refused when it is nobody's
    static String password(DataFolder folder, String name) {
        return folder.secret("user-" + username(name)).reveal();
    }

    /// Makes the accounts that are not there yet.
    ///
    /// @param token of an operator
    /// @throws Refused when the stack does not make them
    static void create(Calls calls, String url, String token, DataFolder folder) {
        var headers = Map.of("Authorization", "Bearer " + token, "Content-Type", "application/json");
        try {
            for (var name : NAMES) {
                var username = username(name);
                // What comes after a name that is just below this one begins with it, if it is there.
                var below = username.substring(0, username.length() - 1);
                var page = calls.send("GET", url + "/api/v1/users?limit=1&after=" + below, headers, null);
                if (page.statusCode() == 200 && page.body().contains("\"" + username + "\"")) {
                    continue;
                }
                var made = calls.send(
                        "POST",
                        url + "/api/v1/users",
                        headers,
                        Json.text(Map.of(
                                "username",
                                username,
                                "name",
                                Character.toUpperCase(name.charAt(0)) + name.substring(1),
                                "email",
                                username,
                                "emailVerified",
                                true,
                                "password",
                                password(folder, name))));
                if (made.statusCode() != 201 && made.statusCode() != 409) {
                    throw new Refused("the demo user " + username + " was not made: " + made.body());
                }
            }
        } catch (IOException e) {
            throw new Refused("the stack did not answer: " + e.getMessage());
        }
    }
}
