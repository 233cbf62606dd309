//go:build unix

package devserver

import (
	"fmt"
	"os"
	"syscall"
)

// fileIdentity stays the same for as long as the file is open somewhere, under whatever name.
func fileIdentity(info os.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("%d-%d", s.Dev, s.Ino)
	}
	return ""
}
