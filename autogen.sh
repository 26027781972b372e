#!/bin/sh
# Makes configure and the Makefile.in files. SPDX-License-Identifier: MIT
set -e
cd "$(dirname "$0")"
mkdir -p m4 build-aux
exec autoreconf --install --force
