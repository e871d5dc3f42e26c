//go:build linux || darwin

package sqldb

import "syscall"

// freeSpace returns how many bytes this user may still write to the disk of a
// folder. ok is false if the file system does not say.
func freeSpace(dir string) (bytes uint64, ok bool) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, false
	}
	return disk.Bavail * uint64(disk.Bsize), true
}
