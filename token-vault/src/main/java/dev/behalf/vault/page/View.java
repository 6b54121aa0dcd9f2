package dev.behalf.vault.page;

/// What a page shows. Text is shown as text, whatever is in it. Each has a template of its own.
public sealed interface View
        permits AllowView, ConnectView, DisconnectAllView, DisconnectView, KeyView, NoticeView, OverviewView {}
