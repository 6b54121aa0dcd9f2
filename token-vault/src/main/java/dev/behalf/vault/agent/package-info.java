/// What people are told of agents. Start reading at [Agents].
@NullMarked
package dev.behalf.vault.agent;

import org.jspecify.annotations.NullMarked;
