package dev.behalf.local;

import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `./behalf user …`, `./behalf client …` and `./behalf audit …`: calls of the management APIs as the operator
/// of the local stack.
final class OperatorCommands {

    private OperatorCommands() {}

    /// `user create NAME [--name TEXT] [--email ADDRESS]`, or `user NAME [--password]`.
    static void user(List<String> words) {
        var left = new ArrayList<>(words);
        boolean password = left.remove("--password");
        var name = value(left, "--name");
        var email = value(left, "--email");
        var options = Options.parse(left);
        var folder = DataFolder.existing(options.data());
        var arguments = options.arguments();
        if (arguments.size() == 2 && arguments.getFirst().equals("create") && !password) {
            var json = new LinkedHashMap<String, Object>();
            json.put("username", arguments.getLast());
            name.ifPresent(text -> json.put("name", text));
            email.ifPresent(text -> json.put("email", text));
            var user = post(folder, "/api/v1/users", json);
            Console.say("Made " + user.get("username") + " (" + user.get("id") + "), who sets a password until "
                    + user.get("setPasswordUntil") + " at");
            Console.say("  " + user.get("setPasswordUrl"));
        } else if (arguments.size() == 1 && name.isEmpty() && email.isEmpty()) {
            var secret = DemoPeople.password(folder, arguments.getFirst());
            if (password) {
                Console.say(secret);
                return;
            }
            Console.say("Sign in at " + RunFile.read(folder).url() + "/login as "
                    + DemoPeople.username(arguments.getFirst()) + "; the password is what this prints:");
            Console.say("  ./behalf user " + arguments.getFirst() + " --password");
        } else {
            throw new Refused("use: user create NAME [--name TEXT] [--email ADDRESS], or user alice [--password]");
        }
    }

    /// `client create NAME --redirect-uri URI… [--secret] [--scope SCOPES]`.
    static void client(List<String> words) {
        var left = new ArrayList<>(words);
        boolean secret = left.remove("--secret");
        var redirects = new ArrayList<String>();
        for (var uri = value(left, "--redirect-uri"); uri.isPresent(); uri = value(left, "--redirect-uri")) {
            redirects.add(uri.get());
        }
        var options = Options.parse(left);
        var arguments = options.arguments();
        if (arguments.size() != 2 || !arguments.getFirst().equals("create") || redirects.isEmpty()) {
            throw new Refused("use: client create NAME --redirect-uri URI... [--secret] [--scope SCOPES]");
        }
        var json = new LinkedHashMap<String, Object>();
        json.put("client_name", arguments.getLast());
        json.put("redirect_uris", redirects);
        json.put("grant_types", List.of("authorization_code", "refresh_token"));
        json.put("token_endpoint_auth_method", secret ? "client_secret_basic" : "none");
        options.scope().ifPresent(scope -> json.put("scope", scope));
        var client = post(DataFolder.existing(options.data()), "/api/v1/clients", json);
        Console.say("client_id:     " + client.get("client_id"));
        if (client.get("client_secret") != null) {
            Console.say("client_secret: " + client.get("client_secret") + "   (shown once)");
        }
    }

    /// `audit verify`: follows the chain of the vault's audit log from its beginning to its end.
    static void audit(List<String> words) {
        var options = Options.parse(words);
        if (!options.arguments().equals(List.of("verify"))) {
            throw new Refused("use: audit verify");
        }
        var folder = DataFolder.existing(options.data());
        long through = 0;
        while (true) {
            var found = call(folder, "GET", "/api/v1/audit/verification?after=" + through, null, 200);
            through = found.get("through") instanceof Long last ? last : through;
            if ("broken".equals(found.get("outcome"))) {
                throw new Refused(
                        "the audit log is broken at entry " + found.get("firstBroken") + ": " + found.get("fault"));
            }
            if ("whole".equals(found.get("outcome"))) {
                Console.say("The audit log is whole: " + through + " entries.");
                Console.say("  hash of the last: " + found.get("hash"));
                return;
            }
        }
    }

    private static Map<String, @Nullable Object> post(DataFolder folder, String path, Map<String, Object> body) {
        return call(folder, "POST", path, Json.text(body), 201);
    }

    private static Map<String, @Nullable Object> call(
            DataFolder folder, String method, String path, @Nullable String body, int expected) {
        var url = RunFile.read(folder).url();
        var calls = new Calls();
        var token = calls.operatorToken(url, folder.secret("client-operator").reveal(), Optional.empty());
        try {
            var reply = calls.send(
                    method,
                    url + path,
                    Map.of("Authorization", "Bearer " + token, "Content-Type", "application/json"),
                    body);
            var json = Json.readObject(reply.body());
            if (reply.statusCode() != expected) {
                throw new Refused("refused: " + json.get("error"));
            }
            return json;
        } catch (IOException e) {
            throw new Refused("the stack at " + url + " does not answer; see ./behalf status");
        }
    }

    /// Takes an option and its value out of the words, if it is there.
    private static Optional<String> value(List<String> words, String option) {
        for (int i = 0; i < words.size(); i++) {
            if (words.get(i).startsWith(option + "=")) {
                return Optional.of(words.remove(i).substring(option.length() + 1));
            }
            if (words.get(i).equals(option)) {
                if (i + 1 == words.size()) {
                    throw new Refused(option + " needs a value");
                }
                words.remove(i);
                return Optional.of(words.remove(i));
            }
        }
        return Optional.empty();
    }
}
