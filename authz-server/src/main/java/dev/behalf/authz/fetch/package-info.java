/// Documents at URLs that a client chose: its metadata, its keys. Start reading at [FetchedDocuments].
@NullMarked
package dev.behalf.authz.fetch;

import org.jspecify.annotations.NullMarked;
