package memory

import "sync"

// flight numbers the changes and knows which of them are not in the file yet.
// It is safe for concurrent use.
type flight struct {
	mu      sync.Mutex
	landed  sync.Cond
	last    uint64              // the last number
	open    map[uint64]struct{} // changes that are not in the file yet
	clock   uint64              // the last change of the clock
	stopped bool
}

func (f *flight) init(last, clock uint64) {
	f.landed.L = &f.mu
	f.open = map[uint64]struct{}{}
	f.last, f.clock = last, clock
}

// take numbers the lines.
func (f *flight) take(lines []Line) {
	f.mu.Lock()
	defer f.mu.Unlock()

	for i := range lines {
		f.last++
		lines[i].rev = f.last
		f.open[f.last] = struct{}{}

		switch lines[i].kind {
		case clockRecord:
			f.clock = f.last
		case resetRecord:
			f.clock = 0
		}
	}
}

// land marks the lines as written, or as lost for good.
func (f *flight) land(lines []Line) {
	f.mu.Lock()
	defer f.mu.Unlock()

	for i := range lines {
		delete(f.open, lines[i].rev)
	}
	f.landed.Broadcast()
}

// lowest returns the lowest number that is not in the file yet. The caller
// holds f.mu.
func (f *flight) lowest() uint64 {
	low := f.last + 1
	for rev := range f.open {
		low = min(low, rev)
	}
	return low
}

// floor returns the number below which every change is in the file.
func (f *flight) floor() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lowest()
}

// clockRev returns the last change of the clock.
func (f *flight) clockRev() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock
}

// settle waits until every change that has a number now is in the file. It
// reports whether that is so: stop ends it early.
func (f *flight) settle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()

	for last := f.last; f.lowest() <= last; f.landed.Wait() {
		if f.stopped {
			return false
		}
	}
	return true
}

// stop ends settle.
func (f *flight) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	f.landed.Broadcast()
}

// isStopped reports whether stop was called.
func (f *flight) isStopped() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stopped
}
