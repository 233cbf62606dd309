#!/bin/sh
# Sums up the sales of each city.
awk -F, '{ sum[$2] += $3 } END { for (c in sum) print c, sum[c] }' "$1" | sort
