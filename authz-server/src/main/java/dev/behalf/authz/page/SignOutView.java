package dev.behalf.authz.page;

/// Asks whether to sign out: `POST /logout` with `csrf`.
public record SignOutView(String username, String csrf) implements View {}
