/// What is deployed, read and checked without deploying it: images, the compose file, the manifests.
@NullMarked
package dev.behalf.local.deploy;

import org.jspecify.annotations.NullMarked;
