//go:build !linux && !darwin

package sqldb

// freeSpace does not know: a write will tell.
func freeSpace(string) (bytes uint64, ok bool) { return 0, false }
