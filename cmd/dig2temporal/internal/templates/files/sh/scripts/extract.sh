#!/bin/sh
set -eu
echo "extracting $1"
