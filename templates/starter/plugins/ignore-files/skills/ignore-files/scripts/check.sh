#!/bin/sh
# Green when .gitignore covers what the languages found here build or install.
# SPDX-License-Identifier: Apache-2.0
exec sh "$(dirname -- "$0")/ignore-files.sh" --check
