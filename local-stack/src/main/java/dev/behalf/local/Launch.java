package dev.behalf.local;

/// A running part of the stack.
interface Launch extends AutoCloseable {

    /// The process that it runs in.
    long pid();

    /// Whether that process runs.
    default boolean isAlive() {
        return true;
    }

    /// From now on it is started again when it ends.
    ///
    /// @param again is told after each time
    default void keep(Runnable again) {}

    /// From now on it may end.
    default void release() {}

    @Override
    void close();
}
