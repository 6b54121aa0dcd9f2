package dev.behalf.authz.page;

/// What a page shows. Text is shown as text, whatever is in it.
public interface View {}
