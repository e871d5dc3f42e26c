//go:build !unix

package filelock

import "os"

// tryLock locks nothing: this system has no flock.
func tryLock(*os.File) (held bool, err error) { return false, nil }
