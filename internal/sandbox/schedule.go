package sandbox

import (
	"container/heap"
	"sync"
	"time"
)

// schedule runs tasks when the sandbox's clock reaches their time. Tasks must be quick: they run one after the other.
type schedule struct {
	now  func() time.Time
	mu   sync.Mutex
	heap taskHeap
	seq  uint64
	wake chan struct{}
	quit chan struct{}
	done chan struct{}
}

type task struct {
	due time.Time
	seq uint64
	run func()
}

// taskHeap orders tasks by time, then by when they were added.
type taskHeap []task

func (h taskHeap) Len() int { return len(h) }
func (h taskHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].seq < h[j].seq
	}
	return h[i].due.Before(h[j].due)
}
func (h taskHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is part of heap.Interface.
func (h *taskHeap) Push(x any) { *h = append(*h, x.(task)) }

// Pop is part of heap.Interface.
func (h *taskHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = task{}
	*h = old[:len(old)-1]
	return last
}

func newSchedule(now func() time.Time) *schedule {
	return &schedule{now: now, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
}

// at adds a task. A time that is past means at once.
func (s *schedule) at(due time.Time, run func()) {
	s.mu.Lock()
	s.seq++
	heap.Push(&s.heap, task{due, s.seq, run})
	s.mu.Unlock()
	s.poke()
}

// poke makes the loop look at the clock again.
func (s *schedule) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *schedule) start() { go s.loop() }

// stop ends the loop after the task that is running.
func (s *schedule) stop() {
	close(s.quit)
	<-s.done
}

func (s *schedule) loop() {
	defer close(s.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait := s.runDue()
		timer.Reset(wait)
		select {
		case <-s.quit:
			return
		case <-s.wake:
		case <-timer.C:
		}
	}
}

// runDue runs what is due and returns how long to wait for the next task.
func (s *schedule) runDue() time.Duration {
	for {
		s.mu.Lock()
		if len(s.heap) == 0 {
			s.mu.Unlock()
			return time.Hour
		}
		if wait := s.heap[0].due.Sub(s.now()); wait > 0 {
			s.mu.Unlock()
			return wait
		}
		next := heap.Pop(&s.heap).(task)
		s.mu.Unlock()
		select {
		case <-s.quit:
			return time.Hour
		default:
			next.run()
		}
	}
}

// clear forgets every task.
func (s *schedule) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heap = nil
}
