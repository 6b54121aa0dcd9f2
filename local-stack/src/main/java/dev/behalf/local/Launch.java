package dev.behalf.local;

/// A running part of the stack.
interface Launch extends AutoCloseable {

    /// The process that it runs in.
    long pid();

    @Override
    void close();
}
