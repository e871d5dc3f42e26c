package clock

import (
	"container/heap"
	"slices"
	"sync"
	"time"
)

// Schedule runs tasks when the clock reaches their time, one after the other,
// so they must be quick. Tasks about objects that no longer exist are dropped,
// so that the schedule does not grow forever.
type Schedule struct {
	now  func() time.Time
	kept func(id string) bool // must not be called with mu held

	mu   sync.Mutex
	heap taskHeap
	seq  uint64
	full int // the number of tasks at which needless ones are dropped

	wake chan struct{}
	quit chan struct{}
	done chan struct{}
}

type task struct {
	due time.Time
	seq uint64
	id  string // of the object that the task is about, "" if there is none
	run func()
}

// taskHeap orders tasks by time and then by age.
type taskHeap []task

func (h taskHeap) Len() int      { return len(h) }
func (h taskHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h taskHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].seq < h[j].seq
	}
	return h[i].due.Before(h[j].due)
}

// Push is part of heap.Interface.
func (h *taskHeap) Push(x any) { *h = append(*h, x.(task)) }

// Pop is part of heap.Interface.
func (h *taskHeap) Pop() any {
	tasks := *h
	last := tasks[len(tasks)-1]
	tasks[len(tasks)-1] = task{} // so that its function can be freed
	*h = tasks[:len(tasks)-1]
	return last
}

// fewTasks are never looked through for needless ones.
const fewTasks = 1000

// New returns a schedule. now is the clock, and kept reports whether an object
// still exists.
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

// At adds a task about an object. It runs at once if it is already due.
func (s *Schedule) At(id string, due time.Time, run func()) {
	s.mu.Lock()
	s.seq++
	heap.Push(&s.heap, task{due, s.seq, id, run})
	s.mu.Unlock()

	s.Wake()
}

// Wake makes the loop read the clock again.
func (s *Schedule) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Start starts the loop.
func (s *Schedule) Start() { go s.loop() }

// Stop ends the loop and waits for the running task.
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

// runDue runs the tasks that are due and returns how long to wait for the next
// one.
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

// thin drops the tasks about deleted objects once there are twice as many tasks
// as the last time. It runs in the loop, so no task becomes due meanwhile.
func (s *Schedule) thin() {
	s.mu.Lock()
	all := s.heap
	if len(all) < s.full {
		s.mu.Unlock()
		return
	}

	// kept locks the store, whose holders add tasks: mu must be free. Tasks
	// added in the meantime are in the new heap.
	s.heap = nil
	s.mu.Unlock()
	needed := slices.DeleteFunc(all, func(t task) bool { return t.id != "" && !s.kept(t.id) })

	s.mu.Lock()
	defer s.mu.Unlock()

	s.heap = append(slices.Clip(needed), s.heap...)
	heap.Init(&s.heap)
	s.full = max(fewTasks, 2*len(s.heap))
}

// Planned returns the number of waiting tasks.
func (s *Schedule) Planned() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heap)
}

// Clear drops every task.
func (s *Schedule) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heap = nil
}
