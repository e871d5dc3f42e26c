package memory

import "os"

// OnStep sets what is called between the steps of a compaction. If it fails,
// the compaction fails. At "rename" callers wait.
func (j *Journal) OnStep(f func(step string) error) { j.step = f }

// CompactBeyond has the next write begin a compaction if the file is larger.
func (j *Journal) CompactBeyond(size int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.compactAt = size
}

// SwapFile has the journal write to another file, and returns the one before.
func (j *Journal) SwapFile(f *os.File) *os.File {
	j.mu.Lock()
	defer j.mu.Unlock()
	prev := j.file
	j.file = f
	return prev
}

// Size returns the size of the whole frames.
func (j *Journal) Size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}
