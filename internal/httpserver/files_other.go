//go:build !unix

package httpserver

// openFiles returns 0: this system has no such limit.
func openFiles() uint64 { return 0 }
