package memory

import (
	"bytes"
	"errors"
	"fmt"
)

// compactAfter is how far the file may grow beyond twice the size of what it
// has to hold.
const compactAfter = 64 << 20

// maxUnwritten is how many bytes are kept for a disk that takes none.
const maxUnwritten = 64 << 20

// append appends a frame to the file. It begins a compaction if the file has
// grown much.
func (j *Journal) append(frame []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()

	if j.file == nil {
		return nil
	}

	err := j.writeUnwritten()
	if err == nil {
		err = j.writeFrame(frame)
	}
	if err != nil {
		j.keepUnwritten(frame)
	}

	if j.size > j.compactAt && j.beginCompaction() {
		go func() { _ = j.compactAndTell() }() // it has told
	}

	return err
}

// writeFrame writes a frame at the end. If that fails, it removes the part that
// was written, so that the next frame follows a whole one. The caller holds
// j.mu.
func (j *Journal) writeFrame(frame []byte) error {
	n, err := j.file.WriteAt(frame, j.size)
	if err == nil {
		j.size += int64(n)
		return nil
	}

	// What stays is overwritten by the next frame and skipped by a reader.
	return errors.Join(err, j.file.Truncate(j.size))
}

// writeUnwritten writes the frames for which there was no room. The caller
// holds j.mu.
func (j *Journal) writeUnwritten() error {
	for len(j.unwritten) > 0 {
		if err := j.writeFrame(j.unwritten[0]); err != nil {
			return err
		}
		j.unwritten = j.unwritten[1:]
	}
	return nil
}

// keepUnwritten keeps a frame for later. If too much is kept, the oldest is
// lost. The caller holds j.mu.
func (j *Journal) keepUnwritten(frame []byte) {
	j.unwritten = append(j.unwritten, bytes.Clone(frame))

	size, lost := 0, 0
	for _, kept := range j.unwritten {
		size += len(kept)
	}

	for ; size > maxUnwritten; lost++ {
		size -= len(j.unwritten[lost])
	}

	if lost > 0 {
		j.unwritten = j.unwritten[lost:]
		j.logger.Error().Msg(fmt.Sprintf("%d changes of the sandbox will be missing in its state file", lost))
	}
}
