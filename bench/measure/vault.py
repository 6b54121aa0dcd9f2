#!/usr/bin/env python3
"""Measures the token vault: reads of a fresh token, encryption, and wrapping data keys anew while tokens are read.

After
    mvn -pl kernel,testkit,token-vault test-compile dependency:build-classpath -Dmdep.outputFile=target/test-class-path
The program itself is VaultFigures in the test sources of token-vault, since it needs the PostgreSQL and the authorization
server of the tests. SECONDS is how long each figure is taken for; 8 when left out.

usage: bench/measure/vault.py [SECONDS]
"""
import os, subprocess, sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
VAULT = os.path.join(ROOT, "token-vault", "target")
EMBEDDED = "dev.behalf.testkit=embedded"

if len(sys.argv) > 1 and not sys.argv[1].isdigit():
    sys.exit(__doc__)
path_file = os.path.join(VAULT, "test-class-path")
if not os.path.exists(path_file):
    sys.exit(__doc__)
with open(path_file) as file:
    path = os.pathsep.join([os.path.join(VAULT, "test-classes"), os.path.join(VAULT, "classes"), file.read().strip()])
java = os.path.join(os.environ["JAVA_HOME"], "bin", "java")
sys.exit(subprocess.call([java, "-Xmx512m", f"-D{EMBEDDED}", "-cp", path, "dev.behalf.vault.VaultFigures", *sys.argv[1:]]))
