package dev.behalf.authz.page;

/// Says that something was done, and where to go on.
///
/// @param message a key of the messages, such as `notice.signed-out`; its title is that key with `.title`
/// @param next    one of our own paths
/// @param label   a key of the messages: what to call the way there
public record NoticeView(String message, String next, String label) implements View {}
