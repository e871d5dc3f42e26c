// Package filelock keeps a second process away from what only one may use: the
// SQLite file of a server, the state file of an offline Stripe.
//
// A lock is an advisory one (flock) on a file of its own, beside what it
// protects. The kernel frees it when its process ends, however it ends, so a
// lock file that is left behind locks nothing. The file holds who took the lock
// last, for the message to the next one.
package filelock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Lock is a lock that this process holds.
type Lock struct{ file *os.File }

// Holder is the process that holds a lock.
type Holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// String describes the holder in a sentence: "process 4711 on shop-1, since …".
func (h Holder) String() string {
	if h.PID == 0 {
		return "a process that has not said who it is yet"
	}
	return fmt.Sprintf("process %d on %s, since %s", h.PID, h.Host, h.Since.UTC().Format(time.RFC3339))
}

// HeldError is the refusal of a lock that another process, or this one, holds.
type HeldError struct{ Holder Holder }

// Error names the holder.
func (e *HeldError) Error() string { return "it is in use by " + e.Holder.String() }

// Acquire locks the file at path, which it creates if need be. It does not
// wait: if the lock is held, it returns a *HeldError.
func Acquire(path string, now time.Time) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the lock file: %w", err)
	}

	held, err := tryLock(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot lock %s: %w", path, err), file.Close())
	}
	if held {
		return nil, errors.Join(&HeldError{readHolder(file)}, file.Close())
	}

	if err := writeHolder(file, now); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write the lock file: %w", err), file.Close())
	}

	return &Lock{file}, nil
}

// Release frees the lock. The file stays: another process may be about to lock
// it. A nil Lock does nothing.
func (l *Lock) Release() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}

// readHolder returns who holds the lock, the zero Holder if the file does not
// say it: the other process may have locked it a moment ago.
func readHolder(file *os.File) (h Holder) {
	const enough = 4096
	text, err := io.ReadAll(io.LimitReader(file, enough))
	if err != nil || json.Unmarshal(text, &h) != nil {
		return Holder{}
	}
	return h
}

func writeHolder(file *os.File, now time.Time) error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}

	text, err := json.Marshal(Holder{os.Getpid(), host, now.UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if err := file.Truncate(0); err != nil {
		return err
	}

	_, err = file.WriteAt(append(text, '\n'), 0)
	return err
}
