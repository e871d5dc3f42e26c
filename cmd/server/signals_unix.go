//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreSignals keeps a limit on the size of files (ulimit -f) from ending the
// process: it fails the write, as a full disk does.
func ignoreSignals() { signal.Ignore(syscall.SIGXFSZ) }
