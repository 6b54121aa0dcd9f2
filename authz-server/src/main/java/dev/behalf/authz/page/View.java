package dev.behalf.authz.page;

/// What a page shows. Text is shown as text, whatever is in it. Each has a template of its own.
public sealed interface View
        permits AccountView, AgentsView, ConsentView, ErrorView, NoticeView, PasswordView, SignInView, SignOutView {}
