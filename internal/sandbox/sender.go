package sandbox

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// sender delivers events with a fixed pool of goroutines. It is safe for concurrent use.
type sender struct {
	srv       *apiServer
	endpoints []Endpoint        // configured
	listeners []func(ev *Event) // get every event beside the endpoints
	delays    []time.Duration
	client    *http.Client
	ctx       context.Context // ends what is in flight when the sandbox closes
	cancel    context.CancelFunc
	group     sync.WaitGroup

	mu      sync.Mutex
	cond    *sync.Cond
	queue   []*Delivery
	held    []*Delivery // kept back by a reorder fault until the next one is queued
	byID    map[string]*Delivery
	order   []string
	stopped bool
}

func newSender(s *apiServer, delays []time.Duration, endpoints []Endpoint) *sender {
	if delays == nil {
		delays = defaultRetryDelays
	}
	ctx, cancel := context.WithCancel(context.Background())
	out := &sender{srv: s, delays: delays, endpoints: endpoints, byID: map[string]*Delivery{}, ctx: ctx, cancel: cancel, client: &http.Client{
		Timeout:       deliveryTimeout,
		Transport:     &http.Transport{MaxIdleConnsPerHost: senders, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	out.cond = sync.NewCond(&out.mu)
	return out
}

// start starts the pool.
func (q *sender) start() {
	for range senders {
		q.group.Go(q.work)
	}
}

// deliver queues an event for an endpoint, as the webhook faults in force want it.
func (q *sender) deliver(ev *Event, ep *WebhookEndpoint) {
	d := &Delivery{ID: newID("wd"), Event: ev.ID, Type: ev.Type, Endpoint: ep.ID, URL: ep.URL, State: "pending"}
	f := q.srv.faults.takeWebhook(ev.Type)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.keep(d)
	switch {
	case f == nil:
		q.push(d)
	case f.Kind == FaultDrop:
		d.State = "dropped"
	case f.Kind == FaultDuplicate:
		q.push(d)
		q.push(d)
	case f.Kind == FaultReorder:
		q.held = append(q.held, d)
		q.srv.schedule.at("", q.srv.now().Add(f.pause(time.Second)), func() { q.letGo() })
	default:
		q.srv.schedule.at(d.Event, q.srv.now().Add(f.pause(time.Second)), func() { q.enqueue(d) })
	}
}

// again queues an event for an endpoint once more, past every fault.
func (q *sender) again(ev *Event, ep *WebhookEndpoint) {
	d := &Delivery{ID: newID("wd"), Event: ev.ID, Type: ev.Type, Endpoint: ep.ID, URL: ep.URL, State: "pending"}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.keep(d)
	q.push(d)
}

// record keeps a delivery that somebody else made.
func (q *sender) record(d *Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.keep(d)
}

// clear forgets what is queued and what was delivered.
func (q *sender) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue, q.held, q.order, q.byID = nil, nil, nil, map[string]*Delivery{}
}

// keep remembers a delivery for the desk, forgetting the oldest.
func (q *sender) keep(d *Delivery) {
	q.byID[d.ID] = d
	q.order = append(q.order, d.ID)
	for len(q.order) > keptDeliveries {
		delete(q.byID, q.order[0])
		q.order = q.order[1:]
	}
}

// push appends to the queue; what a reorder fault held back follows when this one has been tried. The caller holds the lock.
func (q *sender) push(d *Delivery) {
	d.then = append(d.then, q.held...)
	q.held = nil
	q.queue = append(q.queue, d)
	q.cond.Broadcast()
}

// followUp queues what was held back behind a delivery.
func (q *sender) followUp(d *Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, d.then...)
	d.then = nil
	q.cond.Broadcast()
}

func (q *sender) enqueue(d *Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.push(d)
}

// letGo releases what was held back when nothing came to overtake it.
func (q *sender) letGo() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, q.held...)
	q.held = nil
	q.cond.Broadcast()
}

func (q *sender) work() {
	for {
		d := q.next()
		if d == nil {
			return
		}
		q.attempt(d)
	}
}

func (q *sender) next() *Delivery {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.queue) == 0 && !q.stopped {
		q.cond.Wait()
	}
	if q.stopped {
		return nil
	}
	d := q.queue[0]
	q.queue = q.queue[1:]
	return d
}

// stop ends the pool: what is being sent may finish until ctx ends.
func (q *sender) stop(ctx context.Context) error {
	q.mu.Lock()
	q.stopped = true
	q.cond.Broadcast()
	q.mu.Unlock()
	idle := make(chan struct{})
	go func() { q.group.Wait(); close(idle) }()
	defer q.cancel()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		q.cancel()
		<-idle
		return ctx.Err()
	}
}
