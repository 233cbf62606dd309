//go:build !unix

package devserver

import "os"

// fileIdentity has nothing to tell where an open file can't be removed.
func fileIdentity(os.FileInfo) string { return "" }
