//go:build linux || darwin

package httpserver

import "syscall"

// openFiles returns how many file descriptors the process may have, 0 if that
// is not known. Go has raised the soft limit to the hard one.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return min(limit.Cur, 1<<30)
}
