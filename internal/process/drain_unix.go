//go:build unix

package process

import (
	"os"
	"syscall"
	"time"
)

// readNow reads what is there, without waiting for more.
func readNow(f *os.File, b []byte) int {
	if f.SetReadDeadline(time.Time{}) != nil {
		return 0
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	err = raw.Read(func(fd uintptr) bool {
		var problem error
		for n, problem = syscall.Read(int(fd), b); problem == syscall.EINTR; {
			n, problem = syscall.Read(int(fd), b)
		}
		return true
	})
	if err != nil {
		return 0
	}
	return n
}
