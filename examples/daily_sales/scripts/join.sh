#!/bin/sh
# Joins orders with the city of their customer.
awk -F, 'NR == FNR { city[$1] = $2; next } { print $1 "," city[$2] "," $3 }' "$2" "$1"
