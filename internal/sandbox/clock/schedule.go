package clock

import (
	"container/heap"
	"slices"
	"sync"
	"time"
)

// Schedule runs tasks when the sandbox's clock reaches their time. Tasks must
// be quick: they run one after the other. Tasks about objects that are not kept
// any more are dropped, so that it does not grow for good.
type Schedule struct {
	now  func() time.Time
	kept func(id string) bool // must not be called with a lock held
	mu   sync.Mutex
	heap taskHeap
	seq  uint64
	full int // how many tasks are a reason to look for needless ones
	wake chan struct{}
	quit chan struct{}
	done chan struct{}
}

type task struct {
	due time.Time
	seq uint64
	of  string // the object that it is about, "" if it is about none
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

// fewTasks are not worth looking through.
const fewTasks = 1000

func New(now func() time.Time, kept func(id string) bool) *Schedule {
	return &Schedule{
		now:  now,
		kept: kept,
		full: fewTasks,
		wake: make(chan struct{}, 1),
		quit: make(chan struct{}),
		done: make(chan struct{}),
	}
}

// At adds a task about an object. A time that is past means at once.
func (s *Schedule) At(of string, due time.Time, run func()) {
	s.mu.Lock()
	s.seq++
	heap.Push(&s.heap, task{due, s.seq, of, run})
	s.mu.Unlock()
	s.Wake()
}

// Wake makes the loop look at the clock again.
func (s *Schedule) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Schedule) Start() { go s.loop() }

// Stop ends the loop after the task that is running.
func (s *Schedule) Stop() {
	close(s.quit)
	<-s.done
}

func (s *Schedule) loop() {
	defer close(s.done)

	timer := time.NewTimer(time.Hour)
	defer timer.Stop()

	for {
		wait := s.runDue()
		s.thin()
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
func (s *Schedule) runDue() time.Duration {
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

// thin drops the tasks about objects that are gone, when there are twice as
// many tasks as were left the last time. Nothing falls due meanwhile: the loop
// itself does it.
func (s *Schedule) thin() {
	s.mu.Lock()
	all := s.heap
	if len(all) < s.full {
		s.mu.Unlock()
		return
	}

	s.heap = nil
	s.mu.Unlock()
	needed := slices.DeleteFunc(all, func(t task) bool { return t.of != "" && !s.kept(t.of) })
	s.mu.Lock()
	defer s.mu.Unlock()

	s.heap = append(slices.Clip(needed), s.heap...)
	heap.Init(&s.heap)
	s.full = max(fewTasks, 2*len(s.heap))
}

// Planned returns how many tasks wait.
func (s *Schedule) Planned() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heap)
}

// Clear forgets every task.
func (s *Schedule) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heap = nil
}
