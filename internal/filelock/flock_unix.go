//go:build unix

package filelock

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks the file. held reports that another one has.
func tryLock(file *os.File) (held bool, err error) {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK):
			return true, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}
